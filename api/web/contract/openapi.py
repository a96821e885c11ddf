"""OpenAPI: flask-smorest, adapted through its own hooks.

- `Blueprint` parses requests strictly, and refuses a view that declares no access, operationId or
  summary. Security is documented from the declaration.
- `Contract` answers errors as problem+json and names each schema once.
- Converters document our strict fields: patterns, bounds, and the meaning of each code.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import flask_smorest
import marshmallow as ma
from apispec import APISpec
from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from api import __version__
from api.concurrency import MIN_CHANGESET
from api.vocabulary import CodeList
from api.web.contract.fields import RESERVED_IDS, SLUG
from api.web.contract.problems import MEDIA_TYPE, ProblemSchema, answer_http_error
from api.web.requests import with_query

View = Callable[..., Any]

INTRODUCTION = """\
An open registry of **who demands what, of whom, as a condition of what: since when, and how we
know**. Open a group, open an operation, press *Execute*: what is filled in works as it stands. An
id that is left empty is of a record that you made.

- **Two clocks**: `valid_at` asks what held in the world on a day, `known_at` what the registry said
  then. An answer with both given never changes again.
- **Tables**: put `.csv`, `.json` or `.ndjson` behind the address of a list or an answer.
- **Writing** needs a key: `sinequanon keys create NAME --scope write` makes it (for texts of
  sources add `--scope texts`); press *Authorize*.
- **Limits**: `RateLimit` tells how many requests your key or address has left, by default of 30,000
  a minute with a key and of 6,000 without.
"""

_DESCRIPTIONS = {
    206: "The bytes that Range asks for, of any format but JSON",
    304: "Not modified: the caller has it already",
    400: "The request can't be read: not JSON, or a query that is not UTF-8",
    401: "No key, or an unknown one",
    403: "The key lacks the scope",
    404: "No such record, as known at the moment",
    409: "The id is taken, live records refer to it, or a submission is decided already",
    410: "Retracted",
    412: "Not the newest ETag of the record: somebody else wrote first",
    413: "The body is too large",
    414: "The address is too long",
    415: "The body has another media type",
    416: "The range begins past the end",
    421: "The server is not known under the name that Host gives",
    422: "The request does not fit; `errors` tells where",
    428: "If-Match is missing",
    429: "Too many requests by this key or address; Retry-After tells how long to wait",
    501: "This server lacks what it takes; `detail` says what to install",
    503: "The database is busy or out of reach, or too many deadlocks are being worked out; after "
    "a write, read before you repeat it",
}

_ANYWHERE = (400, 414, 421, 429, 503)
"""Answers that any operation may give."""

_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the revision that you read, or `*` for whatever is there.",
    "schema": {"type": "string"},
    "example": "*",
}

_MIN_CHANGESET = {
    "name": MIN_CHANGESET,
    "in": "header",
    "required": False,
    "description": "The newest changeset that you have seen, as `Sinequanon-Changeset` of a write "
    "or `Sinequanon-Known-At` of an answer gives it: nothing older is shown, at any server.",
    # As many digits as the front reads.
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**15 - 1},
}

_NEXT = {"description": "of flat rows: the next page, as rel=next", "schema": {"type": "string"}}


class SlugConverter(BaseConverter):
    """An id in an address; reserved words are none, because they are addresses of their own."""

    _words = SLUG.strip("^$").replace("(", "(?:")
    regex = f"(?!(?:{'|'.join(sorted(RESERVED_IDS))})(?![a-z0-9-])){_words}"


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose operations are parsed strictly, documented and guarded."""

    def __init__(self, *args: Any, group: str | None = None, **kwargs: Any) -> None:
        """Make a blueprint whose operations are documented in the group of its name, or another."""
        super().__init__(*args, **kwargs)
        self._group = group or self.name
        self._prepare_doc_cbks.append(_document_operation)

    def route(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, rule: str, *, formats: Mapping[str, str] | None = None, **options: Any
    ) -> Callable[[View], View]:
        """Register a view under an address.

        `formats` maps the values of its parameter `format` to media types. Each is served with
        that extension behind the path as well, which is not documented as an operation.
        """
        registering = super().route(rule, **{"tags": [self._group], **options})
        if formats is None:
            return registering

        def register(view: View) -> View:
            endpoint = f"{options.get('endpoint', view.__name__)}_with_extension"
            alias = f"{rule}.<any({', '.join(formats)}):extension>"
            add_undocumented = super(flask_smorest.Blueprint, self).add_url_rule
            add_undocumented(alias, endpoint, view, methods=options["methods"])
            return registering(annotate_view(view, formats=formats))

        return register

    def doc(self, **words: Any) -> Callable[[View], View]:  # pyright: ignore[reportIncompatibleMethodOverride]
        documenting = super().doc(**words)
        return lambda view: _take_documentation(view, documenting(view))

    def response(self, status: int, schema: Any = None, **words: Any) -> Callable[[View], View]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Document the successful answer; every view makes it itself."""
        documenting = super().response(status, schema, **words)
        return lambda view: _take_documentation(view, documenting(view))

    def describe(self, operation_id: str, summary: str, *paragraphs: str) -> Callable[[View], View]:
        """Document the id, the summary and the text of an operation."""
        text = "\n\n".join(filter(None, paragraphs))
        return self.doc(operationId=operation_id, summary=summary, description=text)

    def arguments(self, schema: Any, *, load: bool = True, **kwargs: Any) -> Any:
        """Document an argument, and parse it unless the view does that itself."""
        documenting = super().arguments(schema, **kwargs)

        def document_and_parse(view: View) -> View:
            parsing = with_query(view, schema) if load else view
            return _take_documentation(parsing, documenting(view))

        return document_and_parse

    def if_match(self, view: View) -> View:
        """Document that an operation needs If-Match."""
        return annotate_view(view, if_match=True)


def _take_documentation(view: View, documented: View) -> View:
    """Copy to a view what flask-smorest documents at its own wrapper of it."""
    view.__dict__["_apidoc"] = documented.__dict__["_apidoc"]
    return view


def answers(*statuses: int) -> Callable[[View], View]:
    """Document the further answers of an operation."""
    return lambda view: annotate_view(view, answers=statuses)


def try_with(**parameters: Any) -> Callable[[View], View]:
    """Document the values of parameters with which an operation is tried out on the seed.

    None removes the value of a parameter of the path, because the seed has none that succeeds.
    """
    return lambda view: annotate_view(view, tried=parameters)


def path_parameter(name: str, about: str, example: str | int, **shape: Any) -> dict[str, Any]:
    """Document a parameter in a path, with a value for which there is an answer on the seed."""
    kind = "integer" if isinstance(example, int) else "string"
    schema = {"type": kind, **shape}
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema,
            "example": example}  # fmt: skip


def leads_to(status: int, links: dict[str, dict[str, Any]]) -> Callable[[View], View]:
    """Document the operations to which an answer leads, as OpenAPI links by their names."""
    return lambda view: annotate_view(view, links=(status, links))


def make_link(operation_id: str, **parameters: str) -> dict[str, Any]:
    """Return an OpenAPI link to an operation; its parameters are runtime expressions."""
    return {"operationId": operation_id, "parameters": parameters}


def annotate_view(view: View, **words: Any) -> View:
    """Store documentation at a view, where flask-smorest's decorators store theirs."""
    view._apidoc = {**getattr(view, "_apidoc", {}), **words}  # noqa: SLF001 # pyright: ignore[reportFunctionMemberAccess]
    return view


def _document_answer(status: int) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _DESCRIPTIONS[status]} | ({"content": problem} if status >= 400 else {})


def _document_operation(doc: dict[str, Any], info: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Add security, and take out what flask-smorest adds on its own."""
    manual = info.get("manual_doc", {})
    missing = [name for name in ("operationId", "summary") if name not in manual]
    scope = info.get("access")
    if missing or scope is None:
        place = f"{more['method']} of {manual.get('operationId', '?')}"
        raise TypeError(f"{place} lacks {', '.join(missing) or 'a declaration of its access'}")
    doc["security"] = [{"bearer": []}, {"api_key": []}] if scope else []
    doc["responses"].pop(422, None)
    if scope:
        doc["x-scope"] = scope
    doc["x-tried"] = info.get("tried", {})
    if info.get("if_match"):
        doc["parameters"] = ["IfMatch", *doc["parameters"]]
    if more["method"] == "get" and not scope:
        doc["parameters"] = [*doc.get("parameters", ()), "MinChangeset"]
    statuses = {*info.get("answers", ()), *_ANYWHERE}
    if "formats" in info:
        _document_formats(doc["responses"][200], info["formats"])
        statuses |= {206, 416}
    for status in sorted(statuses):
        doc["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    if "links" in info:
        status, links = info["links"]
        doc["responses"][status]["links"] = links
    return doc


def _document_formats(answer: dict[str, Any], formats: Mapping[str, str]) -> None:
    """Add the media types of formats to that of the envelope."""
    for media_type in formats.values():
        kind = {"type": "object" if media_type.endswith("+json") else "string"}
        answer["content"].setdefault(media_type.partition(";")[0], {"schema": kind})
    answer["headers"] |= {"Link": _NEXT}


class Contract(flask_smorest.Api):
    """The API of an application: its specification and its errors."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def register(self, blueprint: Blueprint) -> None:
        """Serve and document a blueprint."""
        super().register_blueprint(blueprint)

    def handle_http_exception(self, error: HTTPException) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Answer an error of routing or parsing as problem+json."""
        return answer_http_error(error)


def make_contract(app: Flask) -> Contract:
    """Attach a contract to an application."""
    app.url_map.converters["slug"] = SlugConverter
    app.config |= {"API_TITLE": "Sine Qua Non", "API_VERSION": __version__,
                   "OPENAPI_VERSION": "3.1.0", "OPENAPI_URL_PREFIX": None}  # fmt: skip
    contract = Contract(app, spec_kwargs={
        "info": {
            "description": INTRODUCTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "this server"}],
    })  # fmt: skip
    spec = cast("APISpec", contract.spec)
    about = (
        "The key that `sinequanon keys create` prints on the server, with `--scope write` for "
        "records, `texts` for texts of sources, `propose` or `review` for submissions. Either of "
        "the two ways will do."
    )
    bearer = {"type": "http", "scheme": "bearer", "description": about}
    api_key = {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": about}
    spec.components.security_scheme("bearer", bearer)
    spec.components.security_scheme("api_key", api_key)
    spec.components.parameter("IfMatch", "header", _IF_MATCH)
    spec.components.parameter("MinChangeset", "header", _MIN_CHANGESET)
    for status in _DESCRIPTIONS:
        spec.components.response(str(status), _document_answer(status))
    converter = cast("Any", contract.ma_plugin.converter)
    converter.add_attribute_function(_document_shape)
    converter.add_parameter_attribute_function(_document_style)
    contract.register_converter(SlugConverter, lambda _: {"type": "string", "pattern": SLUG})
    return contract


def _document_shape(_self: Any, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Document bounds and code lists of our fields."""
    metadata = field.metadata
    shape: dict[str, Any] = {**metadata.get("shape", {})}
    if (codes := cast("CodeList | None", metadata.get("codes"))) is None:
        return shape
    values = list(codes.values)
    if metadata.get("listed", False):
        shape["items"] = {"type": "string", "enum": values}
    else:
        shape["enum"] = [*values, None] if field.allow_none else values
    meanings = "\n".join(f"- `{value}`: {meaning}" for value, meaning in codes.values.items())
    shape["description"] = f"{metadata.get('description', codes.about)}\n\n{meanings}"
    return shape


def _document_style(_self: Any, field: ma.fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Document that a list parameter is one value with commas, and mark rare ones."""
    style = {"style": "form", "explode": False} if field.metadata.get("listed") else {}
    return style | ({"x-rare": True} if field.metadata.get("rare") else {})
