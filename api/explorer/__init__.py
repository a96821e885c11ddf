"""The explorer: the registry as pages for people, at `/`.

Pages are made on the server (`templates/`), work without scripts, and are made smoother by small
modules of ours (`assets/`). They hold no question of their own: a page parses its address with the
query schemas of the API, calls the same answers, and links to the JSON and CSV of each.

1. `asking` tidies what a form sends into one address for each state, and parses it;
   `addresses` writes the links that lead from a page, with both clocks kept.
2. `conflict`, `evidence`, `actors`, `proposals`, `search`, `changes`, `agreement` and `home` make
   what a template shows; `words`, `graph` and `charts` help them to say and to draw it.
3. `pages` answers with policy, tag and clocks, and draws errors of pages as pages.
4. `routes` are the addresses; `init_app` adds them to an application.
"""

from api.explorer.routes import init_app

__all__ = ["init_app"]
