"""Find whose words something is: by verbs that report, by phrases, beside colons and dashes."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from api.reader.cues import Hit, Language, Word
from api.reader.quotes import Quote
from api.reader.sentences import (
    SHORT,
    Sentence,
    count_words_before,
    is_whole,
    read_sign_before,
)
from api.reader.speakers import Mention

_REACH, _PEOPLE, _LEAST, _FAR = 8, 50, 2, 4


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
        start, end = quote.outer
        place = count_words_before(sentence.words, start)
        before = [each for each in sentence.verbs if each.head <= place]
        lead, tail = read_sign_before(self._text, start), self._text[end : end + 3].lstrip()[:1]
        after = [
            each for each in sentence.verbs
            if 0 <= each.first - place <= _REACH
            and not re.search(r"[;\"“«„]", self._text[end : sentence.words[each.first].start])
        ]  # fmt: skip
        is_inside = place > 0 and lead not in ',:;.!?…–—-("”»“'
        if before and (lead == ":" or is_inside):
            return self._find_main(sentence, before)
        is_left = self._text[quote.end - 1] in ",!?…" or (tail and tail in ",–—-")
        if after and (is_left or not before) and is_whole(self._text, quote):
            return after[0]
        far = [each for each in sentence.verbs if each.first >= place]
        return before[-1] if before else far[0] if far else None

    def _find_main(self, sentence: Sentence, verbs: Sequence[Hit]) -> Hit:
        """Return the last verb, or that of which it tells: "X said that Y had agreed to"."""
        last = verbs[-1]
        subject = self.find_subject(sentence, last)
        for each in verbs[:-1]:
            tells = sentence.words[each.head : each.head + _LEAST]
            is_told = subject and each.head <= subject.first <= each.head + SHORT
            is_that = any(word.folded in self._rules.words["relative"] for word in tells)
            if is_told and is_that and last.value != "say" and each.value == "say":
                return each
        return last

    def attribute(self, sentence: Sentence, quote: Quote, verb: Hit | None) -> Speaker | None:
        place = count_words_before(sentence.words, quote.outer[0])
        others = [each for each in sentence.verbs if verb and each.first > verb.first >= place]
        for each in [verb, *others] if verb else []:
            floor = place if each.first >= place else 0
            if subject := self.find_subject(sentence, each, floor):
                return self.resolve(sentence, subject)
        if verb:
            return None
        if source := self.find_source(sentence):
            return self.resolve(sentence, source)
        lead = read_sign_before(self._text, quote.outer[0])
        tail = self._text[quote.outer[1] : quote.outer[1] + 3].lstrip()[:1]
        for each in sentence.mentions:
            is_beside = (lead == ":" and each.last == place) or (
                tail and tail in "–—-" and each.first == place
            )
            if is_beside and each.kind in ("name", "noun", "roles"):
                return self.resolve(sentence, each)
        return None

    def find_source(self, sentence: Sentence) -> Mention | None:
        """Return whom a phrase like "according to" names."""
        for number in range(len(sentence.words)):
            hit = self._rules.speakers.match(sentence.words, number)
            if hit and hit.value in ("he", "she", "they") and hit.last - hit.first > 1:
                return next((m for m in sentence.mentions if m.first == number), None)
            if hit and hit.value == "according":
                lead = read_sign_before(self._text, sentence.words[number].start)
                beside = [
                    m for m in sentence.mentions if 0 <= m.first - hit.last <= 2 and m.kind != "own"
                ]
                beside += [m for m in sentence.mentions if m.last == number]
                is_short = hit.last - hit.first == 1 and len(sentence.words[number].folded) < 3
                if beside and not (is_short and lead not in ',”“»"–—-'):
                    return beside[0]
        return None

    def find_subject(self, sentence: Sentence, verb: Hit, floor: int = 0) -> Mention | None:
        """Return who speaks by a verb: the nearest on its left, else who stands right behind it."""
        words, rules = sentence.words, self._rules.words
        linking = rules["relative"] - rules["determiners"]
        left = [m for m in sentence.mentions if floor <= m.first and m.last <= verb.first]
        if verb.first and (inside := self._skip_apposition(sentence, verb, floor)) is not None:
            is_whole = any(m.first < inside < m.last for m in left)
            left = left if is_whole else [m for m in left if m.last <= inside] or left
        right = [
            m for m in sentence.mentions
            if 0 <= m.first - verb.head <= _FAR
            and not re.search("[,;:.]", self._text[words[verb.head - 1].end : words[m.first].start])
            and linking.isdisjoint(w.folded for w in words[verb.head : m.first])
        ]  # fmt: skip
        sure = [m for m in left if m.kind != "noun" and not self._is_object(words, m)]
        beside = [m for m in right if not self._is_object(words, m)]
        is_beside = (
            bool(left) and left[-1].last == verb.first and not self._is_object(words, left[-1])
        )
        if is_beside and not (left[-1].kind == "noun" and self._is_inverted(words, verb, beside)):
            return left[-1]
        if sure or beside:
            return sure[-1] if sure else beside[0]
        later = next((each for each in sentence.verbs if each.first > verb.first), None)
        if not floor and later and verb.first == 0:
            return self.find_subject(sentence, later, verb.head)
        is_noun = bool(left) and left[-1].kind == "noun" and self._rules.has_capital_nouns
        return left[-1] if left and not is_noun else None

    def _is_inverted(self, words: Sequence[Word], verb: Hit, beside: Sequence[Mention]) -> bool:
        """Whether a German subject follows its verb: "Details nannte er nicht"."""
        if not self._rules.has_capital_nouns or not beside or beside[0].kind == "noun":
            return False
        return beside[0].first == verb.head or words[verb.head].folded == "sich"

    def _skip_apposition(self, sentence: Sentence, verb: Hit, floor: int) -> int | None:
        """Return the word before which the subject ends: "X, who fears Y, said"."""
        commas = [
            n for n in range(max(floor + 1, verb.first - 40), verb.first + 1)
            if "," in self._text[sentence.words[n - 1].end : sentence.words[n].start]
        ]  # fmt: skip
        if len(commas) < 2 or verb.first - commas[-1] > 2:
            return None
        is_clause = any(commas[-2] <= each.first < commas[-1] and
                        sentence.words[commas[-2]].folded not in self._rules.words["relative"]
                        for each in sentence.verbs)  # fmt: skip
        return None if is_clause else commas[-2]

    def _is_object(self, words: Sequence[Word], mention: Mention) -> bool:
        rules, at = self._rules.words, mention.first - 1
        is_adjective = self._rules.has_capital_nouns and at > 0 and not words[at].is_capital
        if is_adjective and words[at - 1].folded in rules["determiners"]:
            at -= words[at].folded not in rules["prepositions"]
        if at >= 0 and words[at].folded in rules["determiners"]:
            at -= 1
        return at >= 0 and words[at].folded in rules["prepositions"]

    def resolve(self, sentence: Sentence, mention: Mention) -> Speaker:
        """Name a speaker; a pronoun is the person named first in the sentence, or the latest."""
        words = sentence.words
        told = self._text[words[mention.first].start : words[mention.last - 1].end]
        if mention.kind == "own" and self.own:
            return self.own
        if mention.kind not in ("he", "she", "they"):
            return Speaker(mention.actor["id"] if mention.actor else None, told)
        if mention.kind == "they":
            return Speaker(None, told)
        earlier = [m for m in sentence.mentions if m.last <= mention.first and m.is_person]
        if (
            earlier
            and earlier[0].sex in ("", mention.kind)
            and not self._is_object(words, earlier[0])
        ):
            return self.resolve(sentence, earlier[0])
        for key, (speaker, sex) in reversed(self._people.items()):
            if sex in ("", mention.kind):
                self._people[key] = speaker, mention.kind
                return speaker
        return Speaker(None, told)

    def remember(self, sentence: Sentence) -> None:
        """Remember the people of a sentence, last the one who spoke or was named first."""
        people = [each for each in sentence.mentions if each.is_person and each.kind != "noun"]
        subjects = (self.find_subject(sentence, each) for each in sentence.verbs)
        named = (m for m in subjects if m and m.kind in ("name", "noun", "roles"))
        main = next((m for m in named if not m.actor or m.is_person), None)
        for each in [*reversed(people), *([main] if main else [])]:
            speaker = self.resolve(sentence, each)
            key = speaker.id or sentence.words[each.last - 1].folded
            sex = each.sex or self._people.pop(key, ("", ""))[1]
            self._people.pop(key, None)
            self._people[key] = speaker, sex
        while len(self._people) > _PEOPLE:
            del self._people[next(iter(self._people))]
