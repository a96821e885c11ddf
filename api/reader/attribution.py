"""Find whose words something is: by verbs that report, by phrases, beside colons and dashes."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from api.reader.cues import Hit, Language, Word
from api.reader.quotes import Quote
from api.reader.sentences import Sentence, read_sign_before
from api.reader.speakers import Mention

_REACH, _PEOPLE, _LEAST, _FAR = 8, 50, 2, 4
_PERSONS = ("name", "roles", "he", "she")
_SIGNS = {*',”“»"–—-'}


class Speaker(NamedTuple):
    """Who speaks: an actor of the registry where one fits, and the words that name them."""

    id: str | None
    words: str


class Attribution:
    """Attributes what is said in one text; `_people` are those whom it named, the latest last."""

    def __init__(self, text: str, rules: Language) -> None:
        self._text, self._rules = text, rules
        self._people: dict[str, tuple[Speaker, str]] = {}
        self.own: Speaker | None = None  # who says "I" in a transcript

    def find_verb(self, sentence: Sentence, quote: Quote) -> Hit | None:
        """Return the verb that reports a quotation: before a colon, behind a comma, the nearest."""
        place, (start, end) = sentence.count_before(quote), quote.outer
        before = [each for each in sentence.verbs if each.head <= place]
        after = [each for each in sentence.verbs if each.first >= place]
        lead, tail = read_sign_before(self._text, start), self._text[end : end + 3].lstrip()[:1]
        if before and (lead == ":" or (place > 0 and lead not in ',:;.!?…–—-("”»“')):
            return before[-1]
        is_left = self._text[quote.end - 1] in ",!?…" or (tail and tail in ",–—-")
        if after and not before and not self.find_subject(sentence, after[0], place):
            return after[-1]
        is_near = bool(after) and after[0].first - place <= _REACH
        if before and not (is_near and is_left):
            return before[-1]
        return after[0] if after else None

    def attribute(self, sentence: Sentence, quote: Quote, verb: Hit | None) -> Speaker | None:
        """Return who speaks a quotation, which a verb reports, a phrase, or a sign beside it."""
        place, source = sentence.count_before(quote), sentence.source
        if source and 0 <= place - source.last <= 1:
            return self.resolve(sentence, source)
        floor = place if verb and verb.first >= place else 0
        subject = self.find_subject(sentence, verb, floor) if verb else None
        subject = subject or source or self._find_beside(sentence, quote, verb)
        return self.resolve(sentence, subject) if subject else None

    def _find_beside(self, sentence: Sentence, quote: Quote, verb: Hit | None) -> Mention | None:
        """Return whom signs show: "X was blunt: …", "…", fumed X, "…" (X), "…" reads the text."""
        (start, end), place, words = quote.outer, sentence.count_before(quote), sentence.words
        before = [each for each in sentence.mentions if each.last <= place]
        ends = {self._text[quote.end - 1], self._text[end : end + 4].lstrip()[:1]}
        if not (read_sign_before(self._text, start) == ":" if before else ends & {*",!?…–—-:"}):
            return None
        near = before or [
            each for each in sentence.mentions
            if each.first - place <= _REACH
            and not re.search("[.;]", "".join(w.gap for w in words[place + 1 : each.first + 1]))
        ]  # fmt: skip
        if before and not verb and self.is_reported(sentence):
            return None  # who spoke before goes on
        chosen = self._choose(words, near)
        return chosen or next(iter(near), None) if verb else chosen

    def is_reported(self, sentence: Sentence) -> bool:
        """Whether the mood of a sentence shows that it reports what somebody said."""
        return any(each.folded in self._rules.words["reported"] for each in sentence.words)

    def _choose(self, words: Sequence[Word], mentions: Sequence[Mention]) -> Mention | None:
        """Return the first who is no object, names before nouns; else a person."""
        free = [each for each in mentions if not self._is_object(words, each)]
        sure = [each for each in free if each.kind != "noun"]
        people = [m for m in mentions if m.is_person or (m.kind == "name" and m.first <= _LEAST)]
        return next(iter(sure or free or people), None)

    def guess_subject(
        self, sentence: Sentence, place: int, kinds: Sequence[str] = _PERSONS
    ) -> Speaker | None:
        """Return who may speak where nothing reports it: the subject before a word."""
        before = [m for m in sentence.mentions if m.last <= place and m.kind in kinds]
        subject = self._choose(sentence.words, before)
        return self.resolve(sentence, subject) if subject else None

    def find_source(self, sentence: Sentence) -> Mention | None:
        """Return whom a phrase like "according to" names."""
        pronouns = (m for m in sentence.mentions if m.kind in ("he", "she", "they"))
        named = [each for each in sentence.mentions if each.kind != "own"]
        for hit in self._rules.sources.find(sentence.words):
            word, length = sentence.words[hit.first], hit.last - hit.first
            is_long = length > 1 or len(word.folded) > _LEAST
            # A short word like "so" is a phrase only beside a quotation.
            if hit.value == "that" or not (is_long or word.gap.rstrip()[-1:] in _SIGNS):
                continue
            before = [m for m in named if m.last == hit.first and length == 1 and word.gap == " "]
            if beside := before or [m for m in named if 0 <= m.first - hit.last <= _LEAST]:
                return beside[0]
        return next((each for each in pronouns if each.last - each.first > 1), None)

    def find_subject(self, sentence: Sentence, verb: Hit, floor: int = 0) -> Mention | None:
        """Return who speaks by a verb: the nearest on its left, else who stands right behind it."""
        if (verb, floor) not in sentence.subjects:
            sentence.subjects[verb, floor] = self._look_for_subject(sentence, verb, floor)
        return sentence.subjects[verb, floor]

    def _look_for_subject(self, sentence: Sentence, verb: Hit, floor: int) -> Mention | None:
        words, rules = sentence.words, self._rules
        left = [m for m in sentence.mentions if floor <= m.first and m.last <= verb.first]
        inside = self._skip_apposition(sentence, verb, floor)
        linking = rules.words["relative"] - rules.words["determiners"]
        right = [
            m for m in sentence.mentions
            if 0 <= m.first - verb.head <= _FAR
            and not re.search("[,;:.]", "".join(w.gap for w in words[verb.head : m.first + 1]))
            and linking.isdisjoint(w.folded for w in words[verb.head : m.first])
            and not self._is_object(words, m)
        ]  # fmt: skip
        # "the minister, John Smith, said"; "Das sei „vage“, sagte X"
        sure = [m for m in left if m.first == inside < verb.first and m.kind == "name"]
        is_apart = inside == verb.first or words[inside].folded in linking
        is_behind = rules.has_capital_nouns and "," in words[verb.first].gap and is_apart
        if early := [m for m in sure[:1] if m.is_person] or (right[:1] if is_behind else []):
            return early[0]
        left = [m for m in left if m.first < inside and "(" not in words[m.first].gap] or left
        free = [m for m in left if not self._is_object(words, m)]
        sure = [m for m in free if m.kind != "noun"]
        is_beside = free and (free[-1].last == verb.first or "(" in words[free[-1].last].gap)
        is_inverted = rules.has_capital_nouns and any(m.kind != "noun" for m in right[:1])
        if is_beside and not (is_inverted and free[-1].kind == "noun"):
            return free[-1]  # not "Details nannte er nicht"
        form = rules.forms.match(words, verb.first)
        if left and form and form.value == "participles":
            return self._choose(words, left)  # "X left Y, adding that"
        is_fixed = floor == 0 and not (rules.has_capital_nouns or rules.has_late_modifiers)
        if sure or right:
            return sure[-1] if sure else (free[-1] if free and is_fixed else right[0])
        later = next((each for each in sentence.verbs if each.first > verb.first), None)
        if later and verb.first == floor == 0:  # "Asked about it, X said"
            return self.find_subject(sentence, later, verb.head)
        first = [each for each in free if each.first == 0]  # "X hat das Lager … genannt"
        return next(iter(first if rules.has_capital_nouns else left[-1:]), None)

    def _skip_apposition(self, sentence: Sentence, verb: Hit, floor: int) -> int:
        """Return the word before which the subject ends: "X, who fears Y, said"."""
        words = sentence.words
        near = range(max(floor + 1, verb.first - 40), min(verb.first + 1, len(words)))
        commas = [n for n in near if "," in words[n].gap]
        if len(commas) < _LEAST or verb.first - commas[-1] > _LEAST:
            return verb.first
        first, last = commas[-2:]
        is_clause = words[first].folded not in self._rules.words["relative"] and any(
            first <= each.first < last for each in sentence.verbs
        )
        return verb.first if is_clause else first

    def _is_object(self, words: Sequence[Word], mention: Mention) -> bool:
        rules, at = self._rules.words, mention.first - 1
        if at > 0 and words[at].folded in rules["determiners"] - rules["prepositions"]:
            at -= 1
            if words[at + 1].folded in rules["genitive"] and words[at].is_capital:
                return words[at].folded not in rules["not_names"]
        return at >= 0 and words[at].folded in rules["prepositions"]

    def resolve(self, sentence: Sentence, mention: Mention) -> Speaker:
        """Name a speaker; a pronoun is the person named first in the sentence, or the latest."""
        words = sentence.words
        told = self._text[words[mention.first].start : words[mention.last - 1].end]
        if mention.kind == "own" and self.own:
            return self.own
        if mention.kind not in ("he", "she"):
            return Speaker(mention.actor["id"] if mention.actor else None, told)
        fitting = "", mention.kind
        earlier = [m for m in sentence.mentions if m.last <= mention.first and m.is_person]
        if earlier and earlier[0].sex in fitting and not self._is_object(words, earlier[0]):
            return self.resolve(sentence, earlier[0])
        known = [who for who, sex in reversed(self._people.values()) if sex in fitting]
        if not known and earlier:  # "As for X, he"
            return self.resolve(sentence, earlier[0])
        return known[0] if known else Speaker(None, told)

    def remember(self, sentence: Sentence) -> None:
        """Remember the people of a sentence, last the one who spoke or was named first."""
        people = [each for each in sentence.mentions if each.is_person and each.kind != "noun"]
        subjects = (self.find_subject(sentence, each) for each in sentence.verbs)
        named = (m for m in subjects if m and m.kind in ("name", "noun", "roles"))
        main = next((m for m in named if not m.actor or m.is_person), None)
        for each in [*reversed(people), *([main] if main else [])]:
            speaker = self.resolve(sentence, each)
            key = speaker.id or sentence.words[each.last - 1].folded
            _, sex = self._people.pop(key, (speaker, ""))
            self._people[key] = speaker, each.sex or sex
        while len(self._people) > _PEOPLE:
            del self._people[next(iter(self._people))]
