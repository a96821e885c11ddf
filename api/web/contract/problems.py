"""Errors as RFC 9457 problem details, in one shape.

Every error (of routing, parsing, validation, rules, keys, the database, or a crash) is
`application/problem+json` with `title`, `status`, `code` (stable, for programs) and `detail` (for
people: what to do). `errors` lists single places at fault, by a JSON `pointer` into the body or the
name of a `parameter`. Where a record does not fit, `example` is a body that would succeed.
"""

import difflib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any, cast

import marshmallow as ma
import orjson
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, InternalServerError

from api import errors
from api.concurrency import current
from api.ledger.store.engines import is_statement_at_fault
from api.web.contract.fields import Count, Many, Part, Told
from api.web.contract.limits import FAULT_LENGTH, FAULTS, QUERY, SEARCH_SECONDS, Limit
from api.web.contract.schemas import StrictSchema

MEDIA_TYPE = "application/problem+json"

PROBLEM_PAGE = "sinequanon.problem_page"
"""Names the extension of an application that draws a problem as a page where its address is one."""

_log = logging.getLogger(__name__)

Fault = dict[str, str]
"""{"pointer", "parameter", "record" or "column": where, "detail": what}; of lines with "line"."""

_ANSWERS: Mapping[type[errors.SineQuaNonError], tuple[int, Mapping[str, str]]] = {
    errors.Invalid: (422, {}),
    errors.RulesBroken: (422, {}),
    errors.NotFound: (404, {}),
    errors.Gone: (410, {}),
    errors.Conflict: (409, {}),
    errors.Moved: (412, {}),
    errors.Unauthorised: (401, {"WWW-Authenticate": 'Bearer realm="Sine Qua Non"'}),
    errors.Forbidden: (403, {}),
    errors.Busy: (503, {"Retry-After": "1"}),
    errors.NotReady: (503, {"Retry-After": "5"}),
    errors.ReadOnly: (503, {}),
    errors.Damaged: (500, {}),
}
"""Status and headers; an error that is not named here has those of its base."""

_RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""Statuses as RFC 9110 names them; Python before 3.13 has older names, and `code` is stable."""

_ADVICE = {
    404: "There is nothing at this address. {root}/docs lists what there is.",
    405: "This address does not take that method; it takes {allow}.",
    413: "The body is too large: it may have {most:,} bytes. Send less, or split it.",
    414: f"The address is too long: {QUERY}. Use fewer values in a filter.",
    431: "The headers are too large.",
    500: "The server failed, and logged why: tell whoever runs it. After a write, read first "
    "whether it came through.",
}


class RequestRefused(Exception):
    """The parser refuses a request; `faults` tell where and why."""

    def __init__(
        self, status: int, detail: str, faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None, *, example: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.detail, self.faults = status, detail, list(faults)
        self.headers, self.example = headers or {}, example


def refuse_excess(limit: Limit) -> RequestRefused:
    """Return the refusal of a body that exceeds a limit."""
    return RequestRefused(limit.status, f"The body exceeds a limit: {limit}. Split it.")


class FaultSchema(StrictSchema):
    """One thing wrong in one place."""

    line = Told("which line of a body of lines, from 1")
    column = Told("which column of a table")
    pointer = Told("where in the body or line, as a JSON pointer (RFC 6901)")
    parameter = Told("which query parameter or header")
    record = Told("which other record, as noun/id")
    detail = Told("what is wrong and what to do", required=True)


class ProblemSchema(StrictSchema):
    """Problem details (RFC 9457)."""

    type = Told("always about:blank; `code` tells the kind", required=True)
    title = Told("the status in words", required=True)
    status = Count("the HTTP status", required=True)
    code = Told("the kind of problem, stable, for programs", required=True)
    detail = Told("what went wrong and what to do", required=True)
    errors = Many(Part(FaultSchema, required=True), "the places at fault", most=None)
    example = ma.fields.Dict(metadata={"description": "a body that would do"})


def init_app(app: Flask) -> None:
    """Answer every error of the application as problem+json."""
    app.register_error_handler(RequestRefused, _answer_refused)
    app.register_error_handler(errors.SineQuaNonError, _answer_domain_error)
    app.register_error_handler(OperationalError, _answer_unavailable)
    app.register_error_handler(ProgrammingError, _answer_unready)
    app.register_error_handler(Exception, _answer_crash)


def answer_problem(
    status: int, code: str, detail: str, faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None, *, example: Any = None,
) -> Response:  # fmt: skip
    """Make a problem+json response."""
    detail, listed = cut_faults(detail, faults)
    payload = _make_payload(status, code, detail)
    if listed:
        payload["errors"] = listed
    if example is not None:
        payload["example"] = example
    response = Response(orjson.dumps(payload), status, content_type=MEDIA_TYPE)
    response.headers.update(headers or {})
    response.headers.setdefault("Cache-Control", "no-store")
    draw: Callable[[Response], Response] | None = current_app.extensions.get(PROBLEM_PAGE)
    return draw(response) if draw else response


def cut_faults(detail: str, faults: Iterable[Fault]) -> tuple[str, list[Fault]]:
    """Return a detail, which tells how many places at fault there are, and the first of them."""
    detail, listed = _cut_text(detail), list(faults)
    if len(listed) > FAULTS:
        told = detail.removesuffix(".")
        detail = f"{told}. These are the first {FAULTS} of {len(listed)} places."
    return detail, [{k: _cut_text(v) for k, v in each.items()} for each in listed[:FAULTS]]


def _make_payload(status: int, code: str, detail: str) -> dict[str, Any]:
    title = _status_phrase(status)
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


def encode_refusal(refusal: RequestRefused) -> tuple[str, bytes]:
    """Return the status line and the body of a refusal in front of Flask, which must be cheap."""
    phrase = _status_phrase(refusal.status)
    payload = _make_payload(refusal.status, _make_code(phrase), refusal.detail)
    return f"{refusal.status} {phrase}", orjson.dumps(payload)


def _cut_text(text: str) -> str:
    return text if len(text) <= FAULT_LENGTH else f"{text[:FAULT_LENGTH]}…"


def answer_http_error(error: HTTPException) -> Response:
    """Make a problem of an error of routing or parsing; its own headers stay (Allow, …)."""
    status = error.code or 500
    own = error.get_response().headers
    headers = {k: v for k, v in own.items() if k not in ("Content-Type", "Content-Length")}
    advice = _ADVICE.get(status, "").format(
        root=request.script_root, allow=own.get("Allow", ""), most=request.max_content_length
    )
    detail = advice or error.description or _status_phrase(status)
    return answer_problem(status, _make_code(_status_phrase(status)), detail, headers=headers)


_UNKNOWN = ["unknown field"]
"""What marshmallow says of a name that a schema does not have."""


def list_faults(
    error: ma.ValidationError, schema: ma.Schema, *, place: str = "pointer"
) -> list[Fault]:
    """List the faults of marshmallow's nested messages; unknown names get the nearest known one."""
    messages = cast("dict[str, Any]", error.normalized_messages())
    found: list[Fault] = []
    for path, said in _flatten_messages(messages, ()):
        unknown = said == "unknown field" and len(found) < FAULTS
        detail = _describe_unknown(path, schema, place) if unknown else said
        where = path[0] if place == "parameter" else "".join(map(_escape_step, path))
        found.append({place: where, "detail": detail})
    return found


def _escape_step(name: str) -> str:
    """Escape a step of a JSON pointer (RFC 6901, section 3)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _flatten_messages(
    messages: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for name, value in _sort_unknown(cast("Mapping[Any, Any]", messages)):
            # marshmallow's name for an object itself may also be that of an unknown field.
            own = name == "_schema" and value != _UNKNOWN
            yield from _flatten_messages(value, path if own else (*path, name))
    else:
        for each in cast("list[str]", messages if isinstance(messages, list) else [messages]):
            yield path, each


def _sort_unknown(messages: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield messages with their names; marshmallow finds unknown ones in the order of a set."""
    unknown = iter(sorted(str(name) for name, said in messages.items() if said == _UNKNOWN))
    for name, said in messages.items():
        yield next(unknown) if said == _UNKNOWN else str(name), said


def _describe_unknown(path: tuple[str, ...], schema: ma.Schema, place: str) -> str:
    kind = "parameter" if place == "parameter" else "field"
    return f"unknown {kind}; {suggest_name(path[-1], [*_fields_at(schema, path[:-1])])}"


def suggest_name(name: str, known: Sequence[str]) -> str:
    """Suggest the known name that is nearest to an unknown one; without any, list all."""
    near = difflib.get_close_matches(name[:FAULT_LENGTH], known, n=1, cutoff=0.5)
    every = ", ".join(known) or "none at all"
    return f"did you mean {near[0]}?" if near else f"known here: {every}"


def _fields_at(schema: ma.Schema, path: tuple[str, ...]) -> Iterable[str]:
    for step in path:
        if step.isdecimal():
            continue
        field = next(f for name, f in schema.fields.items() if step in (name, f.data_key))
        while isinstance(field, ma.fields.List):
            field = cast("Any", field.inner)
        schema = cast("ma.fields.Nested", field).schema
    return [each.data_key or name for name, each in schema.fields.items()]


def _answer_refused(error: RequestRefused) -> Response:
    code = "invalid" if error.status == 422 else _make_code(_status_phrase(error.status))
    return answer_problem(
        error.status, code, error.detail, error.faults, error.headers, example=error.example
    )


def _answer_domain_error(error: errors.SineQuaNonError) -> Response:
    status, headers = next(_ANSWERS[cls] for cls in type(error).__mro__ if cls in _ANSWERS)
    if isinstance(error, errors.Gone):
        headers = {"ETag": f'"{error.etag}"'}
    kind = errors.Invalid if isinstance(error, errors.Invalid) else type(error)
    code = re.sub(r"(?<=.)(?=[A-Z])", "_", kind.__name__).lower()
    return answer_problem(status, code, _describe_error(error), list_places(error), headers)


def _describe_error(error: errors.SineQuaNonError) -> str:
    if isinstance(error, errors.RulesBroken):
        return "The record contradicts rules or other records; see errors."
    if isinstance(error, errors.Invalid) and error.parameter:
        return "A parameter is wrong; see errors."
    sentence = str(error)
    if "/" in sentence.partition(" ")[0]:
        return f"The record {sentence}"
    return sentence[:1].upper() + sentence[1:]


def list_places(error: errors.SineQuaNonError) -> list[Fault]:
    """List the places at fault that an error names."""
    match error:
        case errors.RulesBroken(problems=found):
            return locate_faults(found)
        case errors.WouldBreak(problems=found):
            return locate_faults(found, locate_record)
        case errors.StillReferred(referrers=referrers):
            return [
                {"record": f"{noun}/{id}", "detail": f"names it in {path}"}
                for noun, id, path in referrers
            ]
        case errors.Invalid(parameter=str(parameter)):
            return [{"parameter": parameter, "detail": str(error)}]
        case _:
            return []


def locate_record(found: errors.RecordProblem) -> Fault:
    """Return the place of a problem in another record than the one that was sent."""
    return {"record": f"{found.noun}/{found.id}", "pointer": found.problem.pointer}


def locate_faults(
    found: Iterable[errors.RecordProblem],
    locate: Callable[[errors.RecordProblem], Fault] = lambda each: {
        "pointer": each.problem.pointer
    },
) -> list[Fault]:
    """List problems with their places; of the first ones, the details that are found in time."""
    until, faults = monotonic() + SEARCH_SECONDS, list[Fault]()
    for index, each in enumerate(found):
        search = each.problem.search if index < FAULTS else None
        faults.append({**locate(each), "detail": search(until) if search else each.problem.detail})
    return faults


def _answer_unready(error: DBAPIError) -> Response:
    """Answer that a file, table or column is missing: the schema is not that of the code."""
    _log.warning("the database has another schema: %s", error)
    detail = "There is no database at the schema of this server: run `sinequanon db upgrade`."
    return _answer_domain_error(errors.NotReady(detail))


def _answer_unavailable(error: OperationalError) -> Response:
    # What is a ProgrammingError elsewhere is one of these on SQLite, and so is a missing file.
    if str(error.orig).startswith(("no such ", "unable to open ")):
        return _answer_unready(error)
    if is_statement_at_fault(error):
        return _answer_failure(error)
    _log.warning("the database did not answer: %s", error)
    detail = ("The database is busy or out of reach. Try again in some seconds; after a write, "
              "read first whether it came through.")  # fmt: skip
    return answer_problem(503, "unavailable", detail, headers={"Retry-After": "5"})


def _answer_crash(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _answer_unavailable(cast("OperationalError", error))
    return _answer_failure(error)


def _answer_failure(error: Exception) -> Response:
    _log.exception("unexpected failure in request %s", current.request_id, exc_info=error)
    return answer_http_error(InternalServerError())


def _status_phrase(status: int) -> str:
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def _make_code(words: str) -> str:
    return words.lower().replace(" ", "_").replace("-", "_").replace("'", "")
