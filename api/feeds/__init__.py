"""The feed of changes, for feed readers.

`entries` turns changesets into entries, `atom` renders them as Atom 1.0, `routes` serves the feed.
"""
