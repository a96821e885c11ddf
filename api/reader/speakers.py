"""Find who could speak: actors of the registry, other names, posts, pronouns, labels of turns."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.ledger.words import split_words as fold_words
from api.reader.cues import LANGUAGES, Language, Word, load_language, split_words

Actor = Mapping[str, Any]
_Name = tuple[str, ...]
_MOST_NAME_WORDS = 8
_WITHIN_NAMES = (" ", ". ", ".", "-", "’", "'", "\xa0", "\n")
_JOINED, _REACH = {"name", "noun", "roles"}, 4
_ENDINGS = "аеиоуыэюяьмхгвє"
_LABEL = re.compile(
    r"[*_#>\s—–-]{0,6}(?:([^\W\d][^:\n]{0,90}):[*_]{0,3}(?=\s|$)|(Q)[.*_]{0,3}\s(?:[–—-]\s)?"
    r"|([RA])\s?[–—-]\s|([^\W\d][^:\n–—]{0,60}\.)\s[–—]\s)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody who could speak, from word `first` to before word `last` of a sentence.

    `kind` is `name`, `noun` (perhaps a name), `roles`, `own`, or a pronoun: `he`, `she`, `they`.
    """

    first: int
    last: int
    kind: str
    actor: Actor | None = None
    sex: str = ""
    is_post: bool = False

    @property
    def is_person(self) -> bool:
        """Whether a person is named, as far as that can be told."""
        kind = self.actor and self.actor.get("kind")
        is_named = self.kind == "name" and (self.is_post or self.last - self.first > 1)
        return kind == "person" if kind else is_named or bool(self.sex)


def trim_ending(word: str) -> str:
    """Cut the endings that a name may have in Russian and Ukrainian."""
    return word[:4] + word[4:].rstrip(_ENDINGS) if word[0] > "ѐ" or "а" <= word[0] <= "я" else word


class Cast:
    """The actors of the registry, found by their names and offices; the first of two is kept."""

    def __init__(self, actors: Iterable[Actor]) -> None:
        self._names: dict[_Name, Actor] = {}
        self._states: dict[_Name, Actor] = {}
        self._lengths: dict[str, set[int]] = {}  # of the names, by their first words
        self._posts: dict[tuple[str, str], Actor] = {}
        for actor in actors:
            for name in (actor["name"], *(actor.get("aliases") or ())):
                if words := tuple(map(trim_ending, fold_words(name)[:_MOST_NAME_WORDS])):
                    self._add_name(words, actor)
            for office in actor.get("offices") or ():
                for group in find_offices(office["title"]):
                    self._posts.setdefault((group, office["of"]), actor)

    def _add_name(self, words: _Name, actor: Actor) -> None:
        self._lengths.setdefault(words[0], set()).add(len(words))
        self._names.setdefault(words, actor)
        if actor.get("kind") == "state":
            self._states.setdefault(words, actor)

    def find_name(self, words: Sequence[Word], at: int) -> tuple[int, Actor] | None:
        """Return the end of the longest name that begins with word `at`, and whose it is."""
        lengths = self._lengths.get(trim_ending(words[at].folded))
        if not lengths:
            return None
        told = tuple(trim_ending(each.folded) for each in words[at : at + max(lengths)])
        names = self._names if words[at].is_capital else self._states
        for length in sorted(lengths, reverse=True):
            if length <= len(told) and (actor := names.get(told[:length])):
                return at + length, actor
        return None

    def find_holder(self, title: str, bodies: Iterable[Actor]) -> Actor | None:
        """Return who holds the post of a title in one of the bodies."""
        keys = ((group, each["id"]) for group in find_offices(title) for each in bodies)
        return next(filter(None, map(self._posts.get, keys)), None)


@lru_cache(maxsize=4096)
def find_offices(title: str) -> list[str]:
    """Return the groups of posts to which a title belongs, in any language."""
    words = split_words(title)
    hits = (hit for each in LANGUAGES for hit in load_language(each).offices.find(words))
    return list(dict.fromkeys(each.value for each in hits))


def find_mentions(
    words: Sequence[Word], verbs: set[int], rules: Language, cast: Cast
) -> list[Mention]:
    """Return who is mentioned in a sentence, from left to right; `verbs` are no names."""
    found, at = list[Mention](), 0
    while at < len(words):
        mention = None if at in verbs else _read_mention(words, at, verbs, rules, cast)
        is_next = found and verbs.isdisjoint(range(found[-1].last, at))
        if mention and is_next and _are_joined(found[-1], mention, words, rules):
            found[-1] = _join(found[-1], mention, words, cast)
        elif mention:
            found.append(mention)
        at = mention.last if mention else at + 1
    return found


def _read_mention(
    words: Sequence[Word], at: int, verbs: set[int], rules: Language, cast: Cast
) -> Mention | None:
    folded = words[at].folded
    if named := cast.find_name(words, at):
        return Mention(at, named[0], "name", named[1])
    sex = "he" if folded in rules.words["mr"] else "she" if folded in rules.words["ms"] else ""
    if hit := rules.speakers.match(words, at):
        return Mention(at, hit.last, hit.value, sex=sex)
    is_common = folded in rules.words["not_names"] or folded in rules.words["determiners"]
    if not words[at].is_capital or is_common:
        return None
    last = at + 1
    for after in range(last, len(words)):
        is_end = after in verbs or words[after].gap not in _WITHIN_NAMES
        if is_end or cast.find_name(words, after):
            break
        if words[after].is_capital:
            last = after + 1
        elif words[after].folded not in rules.words["particles"] or (
            after == last and words[after].folded in rules.words["determiners"]
        ):
            break  # "Ursula von der Leyen", not "Schutz der Interessen"
    is_sure = last - at > 1 or (at > 0 and not rules.has_capital_nouns)
    return Mention(at, last, "name" if is_sure or sex else "noun", sex=sex)


def _join(first: Mention, then: Mention, words: Sequence[Word], cast: Cast) -> Mention:
    """Join a post, a body and a name that stand side by side: "Belarusian President X"."""
    actors = [each.actor for each in (first, then) if each.actor]
    people = [each for each in actors if each.get("kind") == "person"]
    title = " ".join(each.folded for each in words[first.first : then.last])
    actor = people[-1] if people else cast.find_holder(title, actors)
    is_named = then.kind != "roles" and not then.actor
    if actor and is_named and not _is_like(words[then.last - 1], actor):
        actor = None
    is_post = "roles" in (first.kind, then.kind) or first.is_post
    kind = "roles" if is_post and not actor and "name" not in (first.kind, then.kind) else "name"
    return Mention(first.first, then.last, kind, actor, first.sex or then.sex, is_post)


def _is_like(word: Word, actor: Actor) -> bool:
    """Whether a word may be a name of the actor in another spelling."""
    return any(each[:4] == word.folded[:4] for each in fold_words(actor["name"]))


def _are_joined(first: Mention, then: Mention, words: Sequence[Word], rules: Language) -> bool:
    if not {first.kind, then.kind} <= _JOINED or first.last - first.first >= _MOST_NAME_WORDS:
        return False
    between = [each.folded for each in words[first.last : then.first]]
    gap = "".join(each.gap for each in words[first.last : then.first + 1])
    is_post = first.is_post or first.kind == "roles"
    if gap.endswith(", ") and gap.count(",") == 1 and len(between) < 2:
        # "the foreign minister, John Smith"
        return is_post and then.kind == "name" and then.last - then.first > 1
    if re.search(r"[,;:()!?«»“”\"–—]|\.\s\s", gap):
        return False
    if between and between[0] in rules.words["determiners"] - rules.words["linking"]:
        return False
    is_linked = rules.has_late_modifiers or rules.words["linking"].issuperset(between)
    return not between or between == ["s"] or (is_post and len(between) < _REACH and is_linked)


def find_turns(
    text: str, paragraphs: Sequence[tuple[int, int]], rules: Language, cast: Cast
) -> dict[int, tuple[str, int]]:
    """Map numbers of paragraphs to their labels, and to where the words begin after them.

    It is empty unless the text is a transcript.
    """
    labels = ((number, _LABEL.match(text, *span)) for number, span in enumerate(paragraphs))
    found = {
        number: (label[label.lastindex or 1], label.end()) for number, label in labels if label
    }
    counts = Counter(label for label, _ in found.values())
    sure = [n for n, (each, _) in found.items() if _is_label(each, counts[each], rules, cast)]
    counts.update(each for each in counts if not each.isalpha())  # in a transcript once will do
    turns = {
        n: each for n, each in found.items() if _is_label(each[0], counts[each[0]], rules, cast)
    }
    return turns if len(sure) > 1 else {}


def _is_label(label: str, count: int, rules: Language, cast: Cast) -> bool:
    words = split_words(re.sub(r"\([^()]*\)", " ", label))
    if not 0 < len(words) <= _MOST_NAME_WORDS:
        return False
    if label.isupper() or words[0].folded in rules.words["interviewer"]:
        return True
    is_known = words[0].folded in rules.words["titles"] or cast.find_name(words, 0) is not None
    small = rules.words["determiners"] | rules.words["particles"] | rules.words["linking"]
    posts = {n for n in range(len(words)) if rules.speakers.match(words, n)}
    is_name = all(w.is_capital or w.folded in small or n in posts for n, w in enumerate(words))
    return (is_name or 0 in posts) and (is_known or count > 1)
