"""The feed of changes, for feed readers.

`entries` turns changesets into entries, with the sentences of `wording`. `atom` renders them as
Atom 1.0, and `routes` serves the feed.
"""
