"""The feed of changes, for feed readers.

`atom` turns changesets into entries and renders them as Atom 1.0, `routes` serves the feed.
"""
