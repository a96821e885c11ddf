"""The WSGI entry points: `wsgi:app`, the Flask application, and `wsgi:outermost`, which is served.

A cached response needs neither Flask nor the call through its object.
"""

from api.app import create_app

app = create_app()
outermost = app.wsgi_app.__call__
