"""Reading: answers as known at one moment, from stored versions.

- `moment`: the two clocks of a request, resolved once; what ends the bodies that are read
- `filters`: parsed filters, their SQL parameters, and the SQL conditions of a list
- `page_queries`: reads a keyset page by the best access path
- `page_statements`: the SQL statements of pages, by the shape of a request
- `counts`: counts of records by group
- `search`: full-text queries
- `history`: revisions, changesets (of a conflict, of an actor) and texts as known at a moment
- `reader`: reads records, pages, counts and hits as known at a moment
"""
