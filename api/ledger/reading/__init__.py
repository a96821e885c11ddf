"""Reading: answers as known at one moment, from stored versions.

- `moment`: the two clocks of a request, resolved once
- `filters`: parsed filters, their SQL parameters, and the SQL conditions of a list
- `page_queries`: reads a keyset page by the best access path
- `page_statements`: the SQL statements of pages, by the shape of a request
- `counts`: counts of records by group
- `search`: full-text queries
- `history`: revisions, changesets (of a conflict, of an actor) and texts as known at a moment
- `reader`: reads records, pages, counts and hits as known at a moment

Decisions:

- A moment names a changeset and a day. An answer that depends only on a moment never changes
  (`moment`).
- On SQLite the newest changeset is read again only if the state of the database has changed
  (`moment`).
- Filters are data: parsed, documented and applied from one declaration (`filters`). Statements are
  cached by the shape of the filters, not by their values.
- SQLite does not know how many rows match a filter. It first scans some hundred versions in the
  order of the page, before it sorts all that match (`page_statements`).
- A list by holder and issue reads the facet of the pair (`page_queries`).
- The newest hits are found by a backward scan of the index. Relevance is computed outside of the
  engines, because theirs changes with what is indexed later (`search`).
"""
