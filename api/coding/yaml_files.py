"""Read and write coded sources as YAML 1.2 files, and import them.

Plain scalars are read as JSON reads them: numbers, `true`, `false` and `null`, all else is text, so
that NO, 12:30 and 2023-03-31 are. JSON is YAML, so a file of JSON is read as well. Anchors, aliases
and tags are refused: what a line says never depends on another one, and no file grows when read.
"""

import re
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, cast

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.representer import SafeRepresenter

from api.bulk.importing import ImportOptions, ImportRejected, ImportResult
from api.coding.translating import CodedSource, write_coded
from api.errors import Invalid
from api.ledger import Asked, Ledger
from api.web.contract.limits import LINE, NESTING
from api.web.contract.problems import RequestRefused

SUFFIXES = (".yaml", ".yml")

_JSON = re.compile(r"true|false|null|-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,20})?(e[+-]?[0-9]{1,2})?")
_ODD = re.compile(
    "[^\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_TAG = "tag:yaml.org,2002:"
_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map"})


def import_coded_file(ledger: Ledger, path: Path, options: ImportOptions) -> ImportResult:
    """Import a coded source.

    Raises ImportRejected with the line and the pointer of each fault, or Invalid if it is no YAML.
    """
    raw = path.read_bytes()
    try:
        document, lines = parse_yaml(raw)
    except Invalid as error:
        raise Invalid(f"{path}: {error}") from error

    def translate() -> CodedSource:
        with ledger.open_reader(Asked(valid_at="any")) as reader:
            return CodedSource(document, reader, reads_texts=True)

    try:
        append = partial(
            ledger.append_changes, author=options.author, message=options.message,
            expected_head=options.expected_head, dry_run=options.dry_run, reads_texts=True,
        )  # fmt: skip
        coded, receipt = write_coded(translate, append)
    except RequestRefused as error:
        faults = [(each.get("pointer", ""), each["detail"]) for each in error.faults]
        raise ImportRejected([
            f"{path}:{find_line(lines, pointer)}: {pointer or 'the document'}: {_explain(detail)}"
            for pointer, detail in faults or [("", error.detail)]
        ]) from error  # fmt: skip
    return ImportResult.from_receipt(len(coded.records), receipt, len(coded.texts))


def parse_yaml(raw: bytes) -> tuple[Any, dict[str, int]]:
    """Parse YAML; return the data, and the line of each JSON pointer; raises Invalid."""
    if len(raw) > LINE.most:
        raise Invalid(f"it has more than {LINE.most:,} bytes; leave the text out, or split it")
    if re.search(rb"(?m)^%YAML", raw):
        raise Invalid("it names its version of YAML; remove that line, it is read as YAML 1.2")
    lines: dict[str, int] = {}
    try:
        node: Any = cast("Any", YAML(typ="safe", pure=True)).compose(raw)
        return _read_node(node, "", lines), lines
    except MarkedYAMLError as error:
        mark: Any = cast("Any", error).problem_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise Invalid(f"{place}{cast('Any', error).problem or error}") from error
    except RecursionError as error:
        raise Invalid(f"it is nested too deep: {NESTING}") from error
    except (YAMLError, UnicodeError, ValueError) as error:
        raise Invalid(f"it is not YAML in UTF-8: {str(error).splitlines()[0]}") from error


def _explain(detail: str) -> str:
    return f"{detail}; put quotation marks around it" if detail == "must be text" else detail


def find_line(lines: dict[str, int], pointer: str) -> int:
    """Return the line of a pointer, or of the nearest object or list around it."""
    while pointer not in lines and pointer:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def write_yaml(document: Any) -> str:
    """Write data as YAML that is read back to the same data."""
    yaml, out = cast("Any", YAML(typ="safe", pure=True)), StringIO()
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = False, True, 2**31
    yaml.sort_base_mapping_type_on_output = False
    yaml.Representer = _Representer
    yaml.dump(document, out)
    return out.getvalue()


class _Representer(SafeRepresenter):
    """Puts texts with odd characters between quotation marks, which keep them as they are."""

    def represent_str(self, data: str) -> Any:
        style = '"' if _ODD.search(data) else None
        return self.represent_scalar(f"{_TAG}str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)


def _find_fault(node: Any, pointer: str) -> str:
    if node.anchor:
        return "anchors and aliases are not read; write it out"
    if pointer.count("/") > NESTING.most:
        return str(NESTING)
    is_plain = node.tag.removeprefix(_TAG) in _TAGS
    return "" if is_plain else f"{node.tag} is a tag; put quotation marks around a text"


def _read_node(node: Any, pointer: str, lines: dict[str, int]) -> Any:
    number = node.start_mark.line + 1 if node else 1
    lines.setdefault(pointer, number)
    if node is None:
        return None
    if fault := _find_fault(node, pointer):
        raise Invalid(f"line {number}: {fault}")
    if isinstance(node, SequenceNode):
        return [_read_node(each, f"{pointer}/{index}", lines)
                for index, each in enumerate(cast("list[Any]", node.value))]  # fmt: skip
    if isinstance(node, MappingNode):
        return _read_mapping(node, pointer, lines)
    return _read_scalar(node)


def _read_mapping(node: Any, pointer: str, lines: dict[str, int]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        number = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or key.value in data:
            why = f"the key {key.value} occurs twice" if isinstance(key, ScalarNode) else "no key"
            raise Invalid(f"line {number}: {why}")
        within = f"{pointer}/{key.value.replace('~', '~0').replace('/', '~1')}"
        lines[within] = number
        data[key.value] = _read_node(value, within, lines)
    return data


def _read_scalar(node: Any) -> Any:
    text: str = node.value
    if node.style is None and not node.tag.endswith(":str"):
        if _JSON.fullmatch(text.lower()):
            return orjson.loads(text.lower())
        if text in ("", "~"):
            return None
    if "\0" in text or (not text.isascii() and text.encode("utf-8", "replace").decode() != text):
        raise Invalid(f"line {node.start_mark.line + 1}: it holds half a character, or NUL")
    return text
