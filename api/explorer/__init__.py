"""The explorer: the registry as pages for people, at `/`.

Pages are rendered on the server (`templates/`) and work without scripts. Small ES modules
(`assets/`) make them smoother. A page asks nothing that the API could not be asked: it parses its
address with the API's query schemas, calls the same functions, and links to the JSON and CSV.

1. `query_string` reads and normalises the query of a page; `addresses` builds the links on it.
2. `records` builds the list and the page of any noun from its declaration: `fields` writes a
   record's fields in words, `evidence` its quotes, `changes` its revisions. `home`, `actors`,
   `conflict` (with `conflict_deadlock` and `conflict_sections`), `proposals` (and roll calls),
   `search` and `agreement` build what more their pages show. `words` has the texts for codes,
   dates and ages.
3. `pages` renders a template into a response with its headers, and errors as pages.
4. `routes` declares the addresses; `init_app` adds them to an application.
"""

from api.explorer.routes import init_app

__all__ = ["init_app"]
