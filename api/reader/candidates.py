"""Join quotations, verbs, speakers and cues to candidates: what a person could accept.

A text is read sentence by sentence. The verbs that report say whose words a quotation is. A verb
without a quotation reports indirectly.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from api.reader.attribution import Attribution, Speaker
from api.reader.cues import Hit, Language, Word, load_language, recognise_language, split_words
from api.reader.quotes import Quote, find_quotes, split_paragraphs
from api.reader.sentences import (
    SHORT,
    Sentence,
    count_words,
    is_whole,
    read_sign_before,
    split_dialogue,
    split_insertions,
    split_sentences,
)
from api.reader.speakers import Actor, Cast, find_mentions, find_turns

Item = TypeVar("Item", Word, Quote)
_CONTEXT = 32
_NAME_LIKE, _LEAST, _NEAR = 12, 2, 400
_COMPOUND = re.compile(r"\w-\W|\W-\w")  # ZDF-„Magazin“, „Titanic“-Film
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
        fields = {each: getattr(self, each) for each in self.__slots__ if each != "number"}
        parts = {each: fields[each] and fields[each]._asdict() for each in ("speaker", "guess")}
        return {**fields, **parts}


def read_text(
    text: str, actors: Iterable[Actor], lang: str | None = None, *, most: int | None = None
) -> list[Candidate]:
    """Return the candidates of a text, in order; `lang` is recognised if it is None.

    Reading stops after `most` candidates.
    """
    if text.startswith("\ufeff"):  # no letter, blank or mark, so the first line would look odd
        text = f"\n{text[1:]}"
    words = split_words(text)
    rules = load_language(lang or recognise_language(words, text))
    reading = _Reading(text, words, rules, Cast(actors))
    found = dict[tuple[int, int], Candidate]()
    for each in reading.read():
        found[each.start, -each.end] = each
        if len(found) == most:
            break
    # Who speaks may be said in a later paragraph of the quotation.
    said = reading.speakers
    return [replace(each, speaker=said.get(each.number, each.speaker))
            for _, each in sorted(found.items(), key=lambda item: item[0])]  # fmt: skip


class _Reading:
    """Reads one text; `speakers` says who speaks in which quotation, by its number."""

    def __init__(self, text: str, words: list[Word], rules: Language, cast: Cast) -> None:
        self._text, self._words, self._rules, self._cast = text, words, rules, cast
        self._attribution = Attribution(text, rules)
        self.speakers: dict[int, Speaker] = {}
        self._previous: Speaker | None = None
        self._has_turns = False
        self._pending: dict[int, int] = {}  # places of quotations of which nothing says who speaks

    def read(self) -> Iterator[Candidate]:
        """Yield the candidates, not quite in order."""
        paragraphs = split_paragraphs(self._text)
        quotes = [each for each in find_quotes(self._text, paragraphs) if each.start < each.end]
        sizes = Counter(each.number for each in quotes if each.depth == 0)
        self._continued = {number for number, size in sizes.items() if size > 1}
        turns = find_turns(self._text, paragraphs, self._rules, self._cast)
        dialogue = split_dialogue(self._text, paragraphs, self._rules)
        speaker, self._has_turns = None, bool(turns)
        for number, (start, end) in enumerate(paragraphs):
            if turn := turns.get(number):
                speaker = self._attribution.own = self._name_label(turn[0])
            if turns:
                yield from self._read_turn(turn[1] if turn else start, end, speaker)
            split = dialogue.get(start) or [
                part for each in _cut(quotes, start, end)
                for part in split_insertions(self._text, each, self._rules)
            ]  # fmt: skip
            words = _cut(self._words, start, end)
            sentences = [*split_sentences(self._text, words, split, self._rules)]
            yield from self._read_sentences(sentences)

    def _name_label(self, label: str) -> Speaker:
        label = _DIRECTION.sub(" ", label).strip(" *_\t\xa0")
        mentions = find_mentions(split_words(label), set(), self._rules, self._cast)
        return Speaker(next((each.actor["id"] for each in mentions if each.actor), None), label)

    def _read_turn(self, start: int, end: int, speaker: Speaker | None) -> Iterator[Candidate]:
        """Yield a paragraph of a turn without stage directions at its beginning."""
        while direction := _DIRECTION.match(self._text, start, end):
            start = direction.end()
        told = self._text[start:end]
        if speaker and any(each.islower() for each in told):
            start = end - len(told.lstrip())
            yield self._make(start, end, "verbatim_sentence", speaker, self._guess(start, end))

    def _read_sentences(self, sentences: Sequence[Sentence]) -> Iterator[Candidate]:
        if not any(each.quotes for each in sentences):
            self._previous = None
        for each in sentences:
            each.verbs = [v for v in self._rules.verbs.find(each.words) if self._is_verb(each, v)]
            phrases = [*each.verbs, *self._rules.sources.find(each.words)]
            taken = {n for hit in phrases for n in range(hit.first, hit.head)}
            each.mentions = find_mentions(each.words, taken, self._rules, self._cast)
            each.source = self._attribution.find_source(each)
            used: set[Hit | None] = set()
            for quote in each.quotes:
                yield from self._read_quote(each, quote, used)
            self._credit_pending(each)
            if not self._has_turns:
                yield from self._read_indirect(each, used)
            subjects = (self._attribution.find_subject(each, verb) for verb in reversed(each.verbs))
            if last := next(filter(None, subjects), each.source):
                self._previous = self._attribution.resolve(each, last)
            elif not each.quotes and (guess := self._attribution.guess_subject(each, _NEAR)):
                self._previous = guess
            self._attribution.remember(each)

    def _is_verb(self, sentence: Sentence, hit: Hit) -> bool:
        """Whether a word is used as a verb: no noun behind an article, and no name."""
        words = sentence.words
        is_name = hit.first > 0 and words[hit.first].is_capital
        form = self._rules.forms.match(words, hit.first)
        is_noun = is_name or (form and form.value == "nouns")
        is_led = hit.first > self._rules.has_capital_nouns  # "Das sagte X"
        return not is_noun and not (is_led and self._is_determiner(words[hit.first - 1]))

    def _is_determiner(self, word: Word) -> bool:
        return word.folded in self._rules.words["determiners"]

    def _read_quote(
        self, sentence: Sentence, quote: Quote, used: set[Hit | None]
    ) -> Iterator[Candidate]:
        verb = self._attribution.find_verb(sentence, quote)
        speaker = self.speakers.get(quote.number)
        speaker = speaker or self._attribution.attribute(sentence, quote, verb)
        is_attributed = verb is not None or speaker is not None
        if speaker:
            self._pending.clear()
        else:
            self._pending[quote.number] = quote.start
            speaker = self._guess_speaker(sentence, quote)
            is_attributed = is_attributed or not sentence.words
        if not self._is_statement(sentence, quote, is_attributed=is_attributed):
            return
        if is_whole(self._text, quote):
            used.add(verb)
        self._previous = speaker
        if speaker and is_attributed:
            self.speakers[quote.number] = speaker
        guess = self._guess(quote.start, quote.end, sentence, verb)
        yield self._make(
            quote.start, quote.end, self._tell_kind(quote), speaker, guess, quote.number
        )

    def _guess_speaker(self, sentence: Sentence, quote: Quote) -> Speaker | None:
        """Return the subject of the sentence, or who spoke before if the mood is of reports."""
        place = sentence.count_before(quote)
        subject = self._attribution.guess_subject(sentence, place)
        noun = self._attribution.guess_subject(sentence, place, ["noun"])
        if self._attribution.is_reported(sentence):
            return self._previous or subject or noun
        return subject or self._previous or noun

    def _credit_pending(self, sentence: Sentence) -> None:
        """Credit quotations of which a later sentence says who speaks: "That is what X said"."""
        that = self._rules.sources.match(sentence.words, 0) if sentence.words else None
        verb = next(iter(sentence.verbs), None)
        if not (that and verb and that.value == "that" and verb.first <= that.last + 1):
            return
        if subject := sentence.source or self._attribution.find_subject(sentence, verb):
            near = sentence.words[0].start - _NEAR
            speaker = self._attribution.resolve(sentence, subject)
            self.speakers |= {n: speaker for n, place in self._pending.items() if place > near}
            self._pending.clear()

    def _tell_kind(self, quote: Quote) -> str:
        words = self._text[quote.start : quote.end]
        is_long = count_words(self._text, quote) >= SHORT and words[0].isupper()
        return "verbatim_sentence" if words[-1] in ".!?" or is_long else "verbatim_fragment"

    def _is_statement(self, sentence: Sentence, quote: Quote, *, is_attributed: bool) -> bool:
        """Whether a quotation is neither a title, a name nor a word kept at a distance."""
        count, place = count_words(self._text, quote), sentence.count_before(quote)
        if not any(each.isalpha() for each in self._text[quote.start : quote.end]):
            return False
        verbs = {n for hit in sentence.verbs for n in range(hit.first, hit.head)}
        near = (n for n in range(max(0, place - 3), place) if n not in verbs)
        titles = (self._rules.titles.match(sentence.words, n) for n in near)
        is_titled = any(hit and place - hit.last <= 1 for hit in titles)
        is_apart = count > _NAME_LIKE or read_sign_before(self._text, quote.outer[0]) in {*",:"}
        if (is_titled and not is_apart) or self._is_name_like(sentence, quote, count):
            return False
        is_told = is_attributed or quote.number in self._continued
        if self._has_turns:
            return is_told and is_whole(self._text, quote)
        is_plain = self._rules.has_capital_nouns or self._text[quote.start].islower()
        return is_told or is_plain or is_whole(self._text, quote)

    def _is_name_like(self, sentence: Sentence, quote: Quote, count: int) -> bool:
        words = self._text[quote.start : quote.end]
        place, (start, end) = sentence.count_before(quote), quote.outer
        if _COMPOUND.match(self._text, start - 2) or _COMPOUND.match(self._text, end - 1):
            return True
        signs = {words[-1], read_sign_before(self._text, start)}
        if not (place and words[0].isupper()) or signs & {*".,:!?…"}:
            return False
        is_capital = all(each[0].isupper() for each in words.split() if len(each) > SHORT)
        if self._rules.has_capital_nouns:
            article = sentence.words[place - 1].folded
            is_name = article in self._rules.words["definite" if count > 1 else "locative"]
            return is_capital and is_name and not self._attribution.is_reported(sentence)
        return count < SHORT or (count <= _NAME_LIKE and is_capital)

    def _read_indirect(self, sentence: Sentence, used: set[Hit | None]) -> Iterator[Candidate]:
        words, done = sentence.words, 0
        if not words:
            return
        end = max(words[-1].end, *(each.outer[1] for each in sentence.quotes), 0)
        reports = [(v, self._attribution.find_subject(sentence, v)) for v in sentence.verbs]
        for number, (verb, subject) in enumerate(reports):
            if verb in used or not subject or words[verb.first].start < done:
                continue
            first = min(subject.first, verb.first)
            first -= first > 0 and self._is_determiner(words[first - 1])
            # What is reported ends before a comma and the next who speaks.
            later = (s.first for v, s in reports[number + 1 :] if s and s.last == v.first)
            near = (n for at in later for n in range(at, max(verb.head + 2, at - 2), -1))
            cuts = (words[n - 1].end for n in near if re.search('[,"“”«»]', words[n].gap))
            last = min(end, next(cuts, end))
            told = len(self._text[words[verb.head - 1].end : last].split())
            if told < _LEAST and verb.first < SHORT:
                continue
            start = words[0 if told <= _LEAST <= verb.first - _LEAST else first].start
            done = last
            attestation = "verbatim_sentence" if subject.kind == "own" else "indirect"
            speaker = self._attribution.resolve(sentence, subject)
            guess = self._guess(start, last, sentence, verb)
            yield self._make(start, last, attestation, speaker, guess)
        if not done and not used and (source := sentence.source):
            speaker, start = self._attribution.resolve(sentence, source), words[0].start
            yield self._make(start, end, "indirect", speaker, self._guess(start, end))

    def _guess(
        self, start: int, end: int, sentence: Sentence | None = None, verb: Hit | None = None
    ) -> Guess | None:
        """Guess by the cue of a condition, else by the verb that reports, else by other words."""
        inside, rules = _cut(self._words, start, end), self._rules
        hits = sorted(rules.conditions.find(inside), key=lambda each: each.value == "offer")
        if hits:
            value, told = hits[0].value, self._quote(inside[hits[0].first : hits[0].last])
            kinds = (None, "none") if value == "none" else (value, "stated")
            return Guess("precondition", None, *kinds, told)
        if sentence and verb and verb.value != "say":
            hit, said = verb, sentence.words[verb.first : verb.head]
        elif hit := next(rules.force.find(inside), None):
            said = inside[hit.first : hit.last]
        else:
            return None
        return Guess("position", hit.value, None, None, self._quote(said))

    def _quote(self, words: Sequence[Word]) -> str:
        return self._text[words[0].start : words[-1].end]

    def _make(
        self, start: int, end: int, attestation: str, speaker: Speaker | None, guess: Guess | None,
        number: int = 0,
    ) -> Candidate:  # fmt: skip
        text = self._text
        return Candidate(
            start, end, text[start:end], text[max(0, start - _CONTEXT) : start],
            text[end : end + _CONTEXT], attestation, speaker,
            guess.words if guess and guess.kind == "precondition" else None, guess, number,
        )  # fmt: skip


def _cut(items: Sequence[Item], start: int, end: int) -> Sequence[Item]:
    """Return the words or quotations that begin between two places."""
    first, last = (bisect_left(items, each, key=attrgetter("start")) for each in (start, end))
    return items[first:last]
