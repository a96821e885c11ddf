"""Feeds: what was written, for readers of news.

`wording` says in plain words what a revision wrote, `trail` turns changesets into entries, `atom`
writes them as Atom 1.0, `routes` serves it.
"""
