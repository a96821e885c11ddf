"""Find the records that a coded source names, by id or by a name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.ledger.reading.reader import Reader
from api.ledger.rules import fold_text
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS_BY_NAME
from api.search.suggestions import suggest_records
from api.web.contract.limits import NAMES
from api.web.contract.problems import refuse_excess

_WORD = re.compile(r"\w+")
_NEAREST, _SHOWN = 3, 6
"""How many records are told that have a similar name, or the same."""

_SENTENCES = ("issues", "propositions", "statements", "proposals", "sources")
"""Nouns of which a document names its own records by words that only one of them has."""


class UnresolvedName(ValueError):
    """A name stands for no record, or for several; the message says what to write."""


class NameResolver:
    """Resolves names to ids: of the records that a document has, and of those that are stored."""

    def __init__(self, reader: Reader, own: Iterable[tuple[Key, Mapping[str, Any]]]) -> None:
        self._reader, self._lookup = reader, reader.open_lookup()
        self._ids, self._own = set[Key](), dict[Key, set[str]]()
        self._folded: dict[Key, set[str]] = {}
        for (noun, id), record in own:
            self._ids.add((noun, id))
            for name in _list_names(noun, record):
                self._own.setdefault((noun, name), set()).add(id)
                self._folded.setdefault((noun, fold_text(name)), set()).add(id)
        self._resolved: dict[Key, str | UnresolvedName] = {}
        self._spelt: dict[Key, str] = {}

    def find_id(self, noun: str, name: str) -> str:
        """Return the id that a name stands for; raises UnresolvedName unless it is just one."""
        if (noun, name) in self._ids or self._lookup.get(noun, name) is not None:
            return name
        if (noun, name) not in self._resolved:
            if len(self._resolved) >= NAMES.most:
                raise refuse_excess(NAMES)
            self._resolved[noun, name] = self._resolve_name(noun, name)
        resolved = self._resolved[noun, name]
        if isinstance(resolved, UnresolvedName):
            raise resolved
        return resolved

    def _resolve_name(self, noun: str, name: str) -> str | UnresolvedName:
        found, folded = suggest_records(self._reader, name, nouns=[noun]), fold_text(name)
        suggested = [(each["id"], each["matched"]) for each in found]
        stored = {id for id, matched in suggested if matched == name}
        alike = {id for id, matched in suggested if fold_text(matched) == folded}
        found = (
            self._own.get((noun, name), set()) | stored
            or self._folded.get((noun, folded), set()) | alike
            or self._find_by_words(noun, _spell_words(name))
        )
        if len(found) == 1:
            return found.pop()
        if found:
            listed = ", ".join([*sorted(found)[:_SHOWN], *(["…"] if len(found) > _SHOWN else [])])
            told = f"{noun}: {listed}; give one an id, and write that"
            return UnresolvedName(f"is a name of several {told}")
        nearest = ", ".join(id for id, _ in suggested[:_NEAREST])
        told = f"nearest: {nearest}; else" if nearest else "nothing is like it:"
        where = f"{noun}, here or on record; {told} add it to {noun}"
        return UnresolvedName(f"is no id or name of {where}")

    def _find_by_words(self, noun: str, words: str) -> set[str]:
        """Find the records of the document in whose sentence words stand together."""
        if noun not in _SENTENCES or not words.strip():
            return set()
        self._spelt = self._spelt or {key: _spell_words(key[1]) for key in self._own}
        named = (
            ids for key, ids in self._own.items() if key[0] == noun and words in self._spelt[key]
        )
        return set[str]().union(*named)


def _spell_words(text: str) -> str:
    """Return the words of a text, folded, with a blank before and after each."""
    return f" {' '.join(_WORD.findall(fold_text(text)))} "


def _list_names(noun: str, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a record of a document may be named by, beside its id."""
    fields = ("exact", "gist") if noun == "statements" else (NOUNS_BY_NAME[noun].label,)
    listed = record.get("aliases")
    for name in (*map(record.get, fields), *(listed if isinstance(listed, list) else ())):
        if isinstance(name, str):
            yield name
