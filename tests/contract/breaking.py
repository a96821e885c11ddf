"""What of an OpenAPI contract breaks clients of an older one.

Requests must still be accepted and answers still have what they had. So a request may not be
narrowed and an answer may not lose or widen anything; whatever is added beside is no break. Clients
must pass over fields and words that they do not know, as CONTRIBUTING.md says, so enumerations in
answers may grow. Texts and examples are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

_LOWER_IS_NARROWER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_HIGHER_IS_NARROWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_EXACT = ("pattern", "format", "const")
_METHODS = ("get", "head", "post", "put", "patch", "delete")


def find_breaks(old: Node, new: Node) -> list[str]:
    """Return each break as a sentence that begins with the operation and the place in it."""
    return list(dict.fromkeys(_Comparison(old, new).compare_operations()))


class _Comparison:
    """Compares two contracts; each pair of named schemas is compared once for each direction."""

    def __init__(self, old: Node, new: Node) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, bool]] = set()

    def compare_operations(self) -> Iterator[str]:
        for path, item in self._old["paths"].items():
            for method in _METHODS:
                if method not in item:
                    continue
                after = self._new["paths"].get(path, {}).get(method)
                name = item[method].get("operationId", f"{method} {path}")
                if after is None:
                    yield f"{name}: operation is gone"
                else:
                    shared = (
                        item.get("parameters", []),
                        self._new["paths"][path].get("parameters", []),
                    )
                    yield from self._compare_operation(name, item[method], after, shared)

    def _compare_operation(self, at: str, old: Node, new: Node, shared: Any) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{at}: operationId is {new.get('operationId')}"
        if _needs_key(new) and not _needs_key(old):
            yield f"{at}: needs a key"
        yield from self._compare_parameters(
            at,
            self._list_parameters([*shared[0], *old.get("parameters", [])], self._old),
            self._list_parameters([*shared[1], *new.get("parameters", [])], self._new),
        )
        yield from self._compare_body(at, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{at} {status}: answer is gone"
                continue
            before = _resolve(answer, self._old)
            after = _resolve(new["responses"][status], self._new)
            for header in before.get("headers", {}).keys() - after.get("headers", {}).keys():
                yield f"{at} {status}: header {header} is gone"
            place = f"{at} {status}"
            yield from self._compare_content(place, before, after, is_request=False)

    def _list_parameters(self, parameters: list[Node], root: Node) -> dict[tuple[str, str], Node]:
        found = [_resolve(each, root) for each in parameters]
        return {(each["in"], each["name"]): each for each in found}

    def _compare_parameters(
        self, at: str, old: dict[tuple[str, str], Node], new: dict[tuple[str, str], Node]
    ) -> Iterator[str]:
        for key, before in old.items():
            place = f"{at} {key[1]}"
            if key not in new:
                yield f"{place}: parameter is gone"
                continue
            for part in ("style", "explode"):
                if before.get(part) != new[key].get(part):
                    yield f"{place}: {part} is {new[key].get(part)}"
            if new[key].get("required") and not before.get("required"):
                yield f"{place}: is required"
            schemas = before.get("schema", {}), new[key].get("schema", {})
            yield from self._compare_schemas(place, *schemas, is_request=True)
        for key in new.keys() - old.keys():
            if new[key].get("required"):
                yield f"{at} {key[1]}: new and required"

    def _compare_body(self, at: str, old: Node | None, new: Node | None) -> Iterator[str]:
        if new is None or old is None:
            if old is not None or (new or {}).get("required"):
                yield f"{at} body: is {'gone' if new is None else 'required'}"
            return
        if new.get("required") and not old.get("required"):
            yield f"{at} body: is required"
        yield from self._compare_content(f"{at} body", old, new, is_request=True)

    def _compare_content(self, at: str, old: Node, new: Node, *, is_request: bool) -> Iterator[str]:
        for kind, before in old.get("content", {}).items():
            after = new.get("content", {}).get(kind)
            if after is None:
                yield f"{at}: media type {kind} is gone"
            else:
                schemas = before.get("schema", {}), after.get("schema", {})
                yield from self._compare_schemas(at, *schemas, is_request=is_request)

    def _compare_schemas(self, at: str, old: Any, new: Any, *, is_request: bool) -> Iterator[str]:
        if not isinstance(old, dict) or not isinstance(new, dict):  # true and false are schemas
            if old != new:
                yield f"{at}: schema is {new!r}"
            return
        pair = old.get("$ref", ""), new.get("$ref", ""), is_request
        if all(pair[:2]):
            if pair in self._seen:
                return
            self._seen.add(pair)
            at = f"{'request' if is_request else 'answer'} {pair[0].rpartition('/')[2]}"
        old, new = _resolve(old, self._old), _resolve(new, self._new)
        yield from _compare_values(at, old, new, is_request=is_request)
        yield from self._compare_objects(at, old, new, is_request=is_request)
        for part in ("items", "additionalProperties"):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                below = f"{at}.{part}"
                yield from self._compare_schemas(below, old[part], new[part], is_request=is_request)
        yield from self._compare_choices(at, old, new, is_request=is_request)

    def _compare_objects(self, at: str, old: Node, new: Node, *, is_request: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name not in after:
                yield f"{at}.{name}: field is gone"
            else:
                yield from self._compare_schemas(
                    f"{at}.{name}", before[name], after[name], is_request=is_request
                )
        required = set(old.get("required", ())), set(new.get("required", ()))
        if is_request:
            for name in sorted(required[1] - required[0]):
                yield f"{at}.{name}: field is required"
            if (
                new.get("additionalProperties") is False
                and old.get("additionalProperties") is not False
            ):
                yield f"{at}: unknown fields are refused"
        else:
            for name in sorted(required[0] - required[1] & after.keys()):
                if name in after:
                    yield f"{at}.{name}: field may be missing"

    def _compare_choices(self, at: str, old: Node, new: Node, *, is_request: bool) -> Iterator[str]:
        """Each choice of a request must remain, and each of an answer must have been there."""
        for part in ("oneOf", "anyOf", "allOf"):
            before, after = old.get(part, []), new.get(part, [])
            if not before and not after:
                continue
            gone = [e for e in before if not any(self._is_same_kind(e, other) for other in after)]
            more = [e for e in after if not any(self._is_same_kind(other, e) for other in before)]
            # All of `allOf` must hold, so there it is the other way round.
            for each in gone if is_request == (part != "allOf") else more:
                yield f"{at}: {part} differs in {each.get('$ref', each.get('type'))}"
            for one, other in zip(before, after, strict=False):
                if self._is_same_kind(one, other):
                    yield from self._compare_schemas(at, one, other, is_request=is_request)

    def _is_same_kind(self, one: Node, other: Node) -> bool:
        return _list_types(_resolve(one, self._old)) == _list_types(_resolve(other, self._new))


def _needs_key(operation: Node) -> bool:
    """Whether no way without a key is among the ways to call it."""
    ways = operation.get("security", [])
    return bool(ways) and {} not in ways


def _compare_values(at: str, old: Node, new: Node, *, is_request: bool) -> Iterator[str]:
    """Compare types, enumerations, defaults and bounds."""
    types = _list_types(old), _list_types(new)
    narrow, wide = types if is_request else types[::-1]
    if not narrow <= wide:
        yield f"{at}: type was {_tell(types[0])} and is {_tell(types[1])}"
    if "default" in old and old["default"] != new.get("default"):
        yield f"{at}: default is no longer {old['default']!r}"
    if is_request:
        yield from _compare_bounds(at, old, new)


def _compare_bounds(at: str, old: Node, new: Node) -> Iterator[str]:
    """Say which values of a request are no longer accepted."""
    if "enum" in new:
        gone = set(old["enum"]) - set(new["enum"]) if "enum" in old else {"any value"}
        for value in sorted(map(str, gone)):
            yield f"{at}: {value} is not accepted"
    for part in _EXACT:
        if part in new and old.get(part) != new[part]:
            yield f"{at}: {part} is {new[part]}"
    for parts, sign in ((_LOWER_IS_NARROWER, 1), (_HIGHER_IS_NARROWER, -1)):
        for part in parts:
            if part in new and (part not in old or sign * new[part] < sign * old[part]):
                yield f"{at}: {part} is {new[part]}"


ANY_TYPE = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def _list_types(schema: Node) -> frozenset[str]:
    """Return the types that a schema allows; a number may be an integer."""
    given = schema.get("type", [])
    types = frozenset([given] if isinstance(given, str) else given) or ANY_TYPE
    return types | {"integer"} if "number" in types else types


def _tell(types: frozenset[str]) -> str:
    return "any" if types == ANY_TYPE else " or ".join(sorted(types))


def _resolve(node: Node, root: Node) -> Node:
    """Follow a reference within the contract."""
    while "$ref" in node:
        target: Any = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node
