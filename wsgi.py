"""The WSGI entry points: `wsgi:app`, the Flask application, and `wsgi:outermost`, which is served.

The way to a replayed answer through Flask's object would take a tenth of the time of the rest.
"""

from api.app import create_app

app = create_app()
outermost = app.wsgi_app.__call__
