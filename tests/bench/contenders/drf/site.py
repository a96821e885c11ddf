"""Django REST framework: a ModelSerializer over Django's ORM, `prefetch_related`, keyset pages.

No middleware, no authentication, JSON alone, connections kept open: it pays for nothing that the
others do not do.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from sqlalchemy import make_url

_url = make_url(os.environ["BENCH_DATABASE"])
_SQLITE = _url.get_backend_name() == "sqlite"
_DATABASE: dict[str, Any] = {
    "ENGINE": f"django.db.backends.{'sqlite3' if _SQLITE else 'postgresql'}",
    "NAME": _url.database,
    "USER": _url.username,
    "PASSWORD": _url.password,
    "HOST": _url.query.get("host", _url.host),
    "PORT": _url.port,
    "CONN_MAX_AGE": None,
}

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": _DATABASE},
    DEBUG=False,
    INSTALLED_APPS=["rest_framework", "tests.bench.contenders.drf"],
    MIDDLEWARE=[],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="of no use",
    USE_TZ=True,
)
django.setup()

# Only now can models and serializers be loaded.
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from tests.bench.contenders.drf.models import Position  # noqa: E402


class PositionSerializer(serializers.ModelSerializer[Position]):
    class Meta:
        model = Position
        exclude = ("number",)


class Positions(APIView):
    def get(self, request: Request) -> Response:
        """List the positions of a holder on an issue, newest first, behind `after`."""
        given = request.query_params
        holder, issue = given["holder"], given["issue"]
        limit, after = int(given.get("limit", 50)), int(given.get("after", 2**31 - 1))
        query = Position.objects.filter(holder=holder, issues=issue, number__lt=after)
        query = query.order_by("-number").prefetch_related("issues")
        found = list(query[: limit + 1])
        following = None
        if len(found) > limit:
            last = found[limit - 1].number
            following = f"/positions?holder={holder}&issue={issue}&limit={limit}&after={last}"
        data = PositionSerializer(found[:limit], many=True).data
        return Response({"data": data, "next": following})


urlpatterns = [path("positions", Positions.as_view())]
app = get_wsgi_application()
