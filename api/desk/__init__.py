"""The desk: where people write, in a browser, at `/desk`.

It is a client of the API and nothing else. The server sends static files; what a person does there
is sent by their browser, with their key, as any program would send it. There is no cookie, no
session and no state of its own here. Drafts are in the browser (IndexedDB) until they are sent.

`routes` serves the page and the ES modules in `assets/`:

1. `desk.js` takes the key, chooses the view by the fragment; `api.js` sends requests.
2. `inbox.js` lists drafts and takes texts; `drafts.js` stores them, for several tabs.
3. `coding.js` is the view of one draft: `article.js` (text, candidates, selection), `form.js` and
   `picker.js` (forms from the tables in `fields.js`), `effect.js` (dry run, publish, hand in).
4. `coded.js` makes the coded source of a draft; `text.js` counts code points.
5. `review.js` is the queue; `history.js` what was written, and what became of one's own.
"""

from api.desk.routes import init_app

__all__ = ["init_app"]
