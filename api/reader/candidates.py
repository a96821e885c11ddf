"""Join quotations, verbs, speakers and cues to candidates: what a person could accept.

A text is read sentence by sentence. The verbs that report say whose words a quotation is. A verb
without a quotation reports indirectly.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from api.reader.attribution import Attribution, Speaker
from api.reader.cues import Hit, Language, Word, load_language, recognise_language, split_words
from api.reader.quotes import Quote, find_quotes, split_paragraphs
from api.reader.sentences import (
    SHORT,
    Sentence,
    count_words,
    count_words_before,
    is_whole,
    read_sign_before,
    split_insertions,
    split_sentences,
)
from api.reader.speakers import Actor, Cast, Mention, find_mentions, find_turns

_CONTEXT = 32
_NAME_LIKE, _LEAST = 12, 2
_DIRECTION = re.compile(r"\s*[(\[][^()\[\]]{1,60}[)\]]\s*")


class Guess(NamedTuple):
    """A guess at what a statement shows, and the words that suggest it."""

    kind: str
    force: str | None
    modality: str | None
    antecedents_kind: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that a person could accept; `attestation` is a code of the vocabulary.

    `number` is that of the quotation, which may go over several paragraphs; 0 if there is none.
    """

    start: int
    end: int
    exact: str
    prefix: str
    suffix: str
    attestation: str
    speaker: Speaker | None
    cue: str | None
    guess: Guess | None
    number: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as the API serves it."""
        speaker, guess = (
            self.speaker and self.speaker._asdict(),
            self.guess and self.guess._asdict(),
        )
        fields = {each: getattr(self, each) for each in self.__slots__ if each != "number"}
        return {**fields, "speaker": speaker, "guess": guess}


def read_text(text: str, actors: Iterable[Actor], lang: str | None = None) -> list[Candidate]:
    """Return the candidates of a text, in order; `lang` is recognised if it is None."""
    words = split_words(text)
    rules = load_language(lang or recognise_language(words, text))
    reading = _Reading(text, words, rules, Cast(actors))
    found = {(each.start, -each.end): each for each in reading.read()}
    # Who speaks may be said in a later paragraph of the quotation.
    speakers = reading.speakers
    told = (
        replace(each, speaker=speakers.get(each.number, each.speaker)) for each in found.values()
    )
    return sorted(told, key=lambda each: (each.start, -each.end))


class _Reading:
    """Reads one text; `speakers` says who speaks in which quotation, by its number."""

    def __init__(self, text: str, words: list[Word], rules: Language, cast: Cast) -> None:
        self._text, self._words, self._rules, self._cast = text, words, rules, cast
        self._attribution = Attribution(text, rules)
        self.speakers: dict[int, Speaker] = {}
        self._previous: Speaker | None = None
        self._continued = set[int]()

    def read(self) -> Iterator[Candidate]:
        """Yield the candidates, not quite in order."""
        paragraphs = split_paragraphs(self._text)
        quotes = find_quotes(self._text, paragraphs)
        sizes = Counter(each.number for each in quotes if each.depth == 0)
        whole = {n for n, size in sizes.items() if _LEAST < size >= len(paragraphs) - _LEAST}
        # A document that is quoted as a whole is read like one without the marks.
        quotes = [each for each in quotes if each.number not in whole and each.start < each.end]
        self._continued = {number for number, size in sizes.items() if size > 1}
        turns = find_turns(self._text, paragraphs, self._rules, self._cast)
        speaker: Speaker | None = None
        at = word = 0
        for number, (start, end) in enumerate(paragraphs):
            first, first_word = at, word
            while at < len(quotes) and quotes[at].outer[0] < end:
                at += 1
            while word < len(self._words) and self._words[word].start < end:
                word += 1
            if turn := turns.get(number):
                speaker = self._attribution.own = self._name_label(turn.start, turn.end)
            if turns:
                yield from self._read_turn(turn.body if turn else start, end, speaker)
            split = [
                part for each in quotes[first:at]
                for part in split_insertions(self._text, each, self._rules)
            ]  # fmt: skip
            listed = split_sentences(self._text, self._words[first_word:word], split, self._rules)
            yield from self._read_sentences([*listed], is_turn=bool(turns))

    def _name_label(self, start: int, end: int) -> Speaker:
        label = _DIRECTION.sub(" ", self._text[start:end]).strip(" *_\t\xa0")
        words = split_words(label)
        mentions = find_mentions(words, set(), label, self._rules, self._cast)
        actor = next((each.actor for each in mentions if each.actor), None)
        return Speaker(actor["id"] if actor else None, label)

    def _read_turn(self, start: int, end: int, speaker: Speaker | None) -> Iterator[Candidate]:
        """Yield a paragraph of a turn without stage directions at its ends."""
        while direction := _DIRECTION.match(self._text, start, end):
            start = direction.end()
        start += len(self._text[start:end]) - len(self._text[start:end].lstrip())
        if speaker and any(each.islower() for each in self._text[start:end]):
            yield self._make(start, end, "verbatim_sentence", speaker)

    def _read_sentences(
        self, sentences: Sequence[Sentence], *, is_turn: bool
    ) -> Iterator[Candidate]:
        if not any(each.quotes for each in sentences):
            self._previous = None
        for each in sentences:
            each.verbs = [
                *filter(partial(self._is_verb, each.words), self._rules.verbs.find(each.words))
            ]
            taken = {n for hit in each.verbs for n in range(hit.first, hit.head)}
            each.mentions = find_mentions(each.words, taken, self._text, self._rules, self._cast)
            used: set[Hit | None] = set()
            for quote in each.quotes:
                yield from self._read_quote(each, quote, used, is_turn=is_turn)
            if not is_turn:
                yield from self._read_indirect(each, used)
            subjects = (self._attribution.find_subject(each, verb) for verb in reversed(each.verbs))
            is_last = bool(each.verbs) and all(
                each.words[each.verbs[-1].first].start > quote.start for quote in each.quotes
            )
            if is_last and (last := next(filter(None, subjects), None)):
                self._previous = self._attribution.resolve(each, last)
            self._attribution.remember(each)

    def _is_verb(self, words: Sequence[Word], hit: Hit) -> bool:
        """Whether a word is used as a verb: no noun behind an article, and no name."""
        before = words[hit.first - 1].folded if hit.first else ""
        is_name = hit.first > 0 and words[hit.first].is_capital
        return not is_name and before not in self._rules.words["determiners"]

    def _read_quote(
        self, sentence: Sentence, quote: Quote, used: set[Hit | None], *, is_turn: bool
    ) -> Iterator[Candidate]:
        verb = self._attribution.find_verb(sentence, quote)
        speaker = self.speakers.get(quote.number) or self._attribution.attribute(
            sentence, quote, verb
        )
        is_attributed = verb is not None or speaker is not None
        if not speaker and (not sentence.words or self._text[quote.start].islower() or verb):
            speaker = self._previous
            is_attributed = is_attributed or bool(
                speaker and (sentence.words or is_whole(self._text, quote))
            )
        if not self._is_statement(sentence, quote, is_attributed=is_attributed, is_turn=is_turn):
            return
        if is_whole(self._text, quote):
            used.add(verb)
        self._previous = speaker
        if speaker and is_attributed:
            self.speakers[quote.number] = speaker
        attestation = "verbatim_sentence" if self._is_sentence(quote) else "verbatim_fragment"
        yield self._make(
            quote.start, quote.end, attestation, speaker, (sentence, verb), quote.number
        )

    def _is_sentence(self, quote: Quote) -> bool:
        words = self._text[quote.start : quote.end]
        return words[-1] in ".!?" or (
            count_words(self._text, quote) >= SHORT and words[0].isupper()
        )

    def _is_statement(
        self, sentence: Sentence, quote: Quote, *, is_attributed: bool, is_turn: bool
    ) -> bool:
        """Whether a quotation is neither a title, a name nor a word kept at a distance."""
        count = count_words(self._text, quote)
        if not count or not any(each.isalpha() for each in self._text[quote.start : quote.end]):
            return False
        place = count_words_before(sentence.words, quote.outer[0])
        before = range(max(0, place - 3), place)
        titles = (self._rules.titles.match(sentence.words, n) for n in before)
        if count <= _NAME_LIKE and any(hit and place - hit.last <= 1 for hit in titles):
            return False
        follows = any(hit.head == place for hit in sentence.verbs)
        if not follows and self._is_name_like(sentence, quote, count):
            return False
        if is_attributed or quote.number in self._continued:
            return not is_turn or is_whole(self._text, quote)
        return (
            not is_turn
            and count > SHORT
            and (self._is_sentence(quote) or is_whole(self._text, quote))
        )

    def _is_name_like(self, sentence: Sentence, quote: Quote, count: int) -> bool:
        words = self._text[quote.start : quote.end]
        lead = read_sign_before(self._text, quote.outer[0])
        if self._rules.has_capital_nouns or not words[0].isupper() or words[-1] in ".,!?…":
            return False
        if (
            not sentence.words
            or lead in ":,"
            or self._text[quote.outer[1] : quote.outer[1] + 1] == ","
        ):
            return False
        return count < SHORT or (
            count <= _NAME_LIKE and all(w[0].isupper() for w in words.split() if len(w) > SHORT)
        )

    def _read_indirect(self, sentence: Sentence, used: set[Hit | None]) -> Iterator[Candidate]:
        if not sentence.words:
            return
        end = max(sentence.words[-1].end, *(each.outer[1] for each in sentence.quotes), 0)
        done = 0
        reports = [
            (each, self._attribution.find_subject(sentence, each)) for each in sentence.verbs
        ]
        for number, (verb, subject) in enumerate(reports):
            if verb in used or not subject or sentence.words[verb.first].start < done:
                continue
            first = min(subject.first, verb.first)
            first -= (
                first > 0 and sentence.words[first - 1].folded in self._rules.words["determiners"]
            )
            start = sentence.words[first].start
            last = self._find_end(sentence.words, verb.head, reports[number + 1 :], end)
            told = len(self._text[sentence.words[verb.head - 1].end : last].split())
            if told < _LEAST and verb.first < SHORT:
                continue
            start = sentence.words[0].start if told <= _LEAST <= verb.first - _LEAST else start
            done = last
            attestation = "verbatim_sentence" if subject.kind == "own" else "indirect"
            speaker = self._attribution.resolve(sentence, subject)
            yield self._make(start, last, attestation, speaker, (sentence, verb))
        if not done and not used and (source := self._attribution.find_source(sentence)):
            speaker = self._attribution.resolve(sentence, source)
            yield self._make(sentence.words[0].start, end, "indirect", speaker, (sentence, None))

    def _find_end(
        self,
        words: Sequence[Word],
        after: int,
        later: Iterable[tuple[Hit, Mention | None]],
        end: int,
    ) -> int:
        """Return where what is reported ends: before a comma and the next who speaks."""
        for verb, subject in later:
            if not subject or subject.last != verb.first:
                continue
            for n in range(subject.first, max(after + 2, subject.first - 2), -1):
                if re.search('[,"“”«»]', self._text[words[n - 1].end : words[n].start]):
                    return min(end, words[n - 1].end)
        return end

    def _make(
        self, start: int, end: int, attestation: str, speaker: Speaker | None,
        said: tuple[Sentence, Hit | None] | None = None, number: int = 0,
    ) -> Candidate:  # fmt: skip
        """Make a candidate with the cue of a condition or the words of a force, if any."""
        text = self._text
        key = attrgetter("start")
        inside = self._words[
            bisect_left(self._words, start, key=key) : bisect_left(self._words, end, key=key)
        ]
        conditions = sorted(
            self._rules.conditions.find(inside), key=lambda each: each.value == "offer"
        )
        cue = guess = None
        if conditions:
            cue = text[inside[conditions[0].first].start : inside[conditions[0].last - 1].end]
            value = conditions[0].value
            kinds = (None, "none") if value == "none" else (value, "stated")
            guess = Guess("precondition", None, *kinds, cue)
        elif said and said[1] and said[1].value != "say":
            verb = said[0].words[said[1].first : said[1].head]
            told = text[verb[0].start : verb[-1].end]
            guess = Guess("position", said[1].value, None, None, told)
        elif hit := next(self._rules.force.find(inside), None):
            told = text[inside[hit.first].start : inside[hit.last - 1].end]
            guess = Guess("position", hit.value, None, None, told)
        prefix, suffix = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
        return Candidate(
            start, end, text[start:end], prefix, suffix, attestation, speaker, cue, guess, number
        )
