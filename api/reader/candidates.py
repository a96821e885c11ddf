"""Join quotations, verbs, speakers and cues to candidates: statements that a person could accept.

A text is read sentence by sentence; a quotation is one item of the sentence in which it stands. The
sentence's verbs that report say whose words they are. A verb without a quotation reports indirectly.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from api.reader.cues import Hit, Language, Word, load_language, recognise_language, split_words
from api.reader.quotes import Quote, find_quotes, split_paragraphs
from api.reader.speakers import Actor, Cast, Mention, find_mentions, find_turns

_CONTEXT = 32
_SHORT, _NAME_LIKE, _REACH, _PEOPLE, _LEAST, _FAR = 4, 7, 8, 50, 2, 4
_MOST_ITEMS = 200
"""So many words and quotations end a sentence: some steps compare all of them."""

_STOP = re.compile(r"[.!?…][\"”»’)\]]*\s|[.!?…]$|;\s|\n\s*\n")
_INSERTION = re.compile(r"[,!?…] ?[—–-] ([^—–«»]{4,100}?)[.,:] ?[—–-] ")
_DIRECTION = re.compile(r"\s*[(\[][^()\[\]]{1,60}[)\]]\s*")


class Speaker(NamedTuple):
    """Who speaks: an actor of the registry where one fits, and the words that name them."""

    id: str | None
    words: str


class Guess(NamedTuple):
    """A guess at what a statement shows; `value` is a force or a modality."""

    kind: str
    value: str
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


@dataclass(slots=True)
class _Sentence:
    """The words outside quotations, and the quotations."""

    words: list[Word] = field(default_factory=list[Word])
    quotes: list[Quote] = field(default_factory=list[Quote])
    verbs: list[Hit] = field(default_factory=list[Hit])
    mentions: list[Mention] = field(default_factory=list[Mention])


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
    """Reads one text; `_people` are those of whom it spoke, the latest last."""

    def __init__(self, text: str, words: list[Word], rules: Language, cast: Cast) -> None:
        self._text, self._words, self._rules, self._cast = text, words, rules, cast
        self._people: dict[str, tuple[Speaker, str]] = {}
        self.speakers: dict[int, Speaker] = {}
        self._previous: Speaker | None = None

    def read(self) -> Iterator[Candidate]:
        """Yield the candidates, not quite in order."""
        paragraphs = split_paragraphs(self._text)
        quotes = find_quotes(self._text, paragraphs)
        sizes = Counter(each.number for each in quotes if each.depth == 0)
        whole = {n for n, size in sizes.items() if _LEAST < size >= len(paragraphs) - _LEAST}
        # A document that is quoted as a whole is read like one without the marks.
        quotes = [each for each in quotes if each.number not in whole]
        turns = find_turns(self._text, paragraphs, self._rules, self._cast)
        speaker: Speaker | None = None
        at = word = 0
        for number, (start, end) in enumerate(paragraphs):
            first, first_word = at, word
            while at < len(quotes) and quotes[at].outer[0] < end:
                at += 1
            while word < len(self._words) and self._words[word].start < end:
                word += 1
            turn = turns.get(number)
            if turn:
                speaker = self._name_label(turn.start, turn.end)
                start = turn.body
            if turns:
                yield from self._read_turn(start, end, speaker)
            split = chain.from_iterable(map(self._split_insertions, quotes[first:at]))
            listed = self._split_sentences(self._words[first_word:word], [*split])
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

    def _split_insertions(self, quote: Quote) -> Iterator[Quote]:
        """Split a quotation where it says itself who speaks: «Yes, — said he. — We agree»."""
        for found in _INSERTION.finditer(self._text, quote.start, quote.end):
            words = split_words(found[1])[:_LEAST]
            if any(self._rules.verbs.match(words, n) for n in range(len(words))):
                end = found.start() + 1
                yield replace(quote, end=end, outer=(quote.outer[0], end))
                quote = replace(quote, start=found.end(), outer=(found.end(), quote.outer[1]))  # noqa: PLW2901
        yield quote

    def _split_sentences(
        self, words: Sequence[Word], quotes: Sequence[Quote]
    ) -> Iterator[_Sentence]:
        outer = [each for each in quotes if each.depth == 0]
        inside = iter(outer)
        quote = next(inside, None)
        items: list[Word | Quote] = []
        for word in words:
            while quote and quote.outer[1] <= word.start:
                items.append(quote)
                quote = next(inside, None)
            if not quote or word.end <= quote.outer[0]:
                items.append(word)
        items += [quote, *inside] if quote else []
        sentence = _Sentence()
        for number, item in enumerate(items):
            (sentence.quotes if isinstance(item, Quote) else sentence.words).append(item)  # pyright: ignore
            is_long = len(sentence.words) + len(sentence.quotes) >= _MOST_ITEMS
            if is_long or number + 1 == len(items) or self._ends(items, number):
                yield sentence
                sentence = _Sentence()

    def _ends(self, items: Sequence[Word | Quote], number: int) -> bool:
        """Whether a sentence ends between an item and the next."""
        item, then = items[number], items[number + 1]
        end = item.outer[1] if isinstance(item, Quote) else item.end
        start = then.outer[0] if isinstance(then, Quote) else then.start
        gap = self._text[end:start]
        begins = isinstance(then, Quote) or not self._text[start].islower()
        if isinstance(item, Word):
            is_short = len(item.folded) == 1 or item.folded in self._rules.words["abbreviations"]
            return bool(_STOP.search(gap)) and begins and not (is_short and gap[:1] == ".")
        if _STOP.search(gap):
            return begins
        last = self._text[item.end - 1 : item.end]
        if not begins or gap.strip() or last not in ".!?…":
            return False
        following = [each for each in items[number + 1 : number + 7] if isinstance(each, Word)]
        asks = any(self._rules.verbs.match(following, n) for n in range(len(following)))
        return last in "." or isinstance(then, Quote) or not asks

    def _read_sentences(
        self, sentences: Sequence[_Sentence], *, is_turn: bool
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
            subjects = (self._find_subject(each, verb) for verb in reversed(each.verbs))
            is_last = bool(each.verbs) and all(
                each.words[each.verbs[-1].first].start > quote.start for quote in each.quotes
            )
            if is_last and (last := next(filter(None, subjects), None)):
                self._previous = self._resolve(each, last)
            self._remember(each)

    def _is_verb(self, words: Sequence[Word], hit: Hit) -> bool:
        """Whether a word is used as a verb: no noun behind an article, and no name."""
        before = words[hit.first - 1].folded if hit.first else ""
        is_name = hit.first > 0 and words[hit.first].is_capital
        return not is_name and before not in self._rules.words["determiners"]

    def _read_quote(
        self, sentence: _Sentence, quote: Quote, used: set[Hit | None], *, is_turn: bool
    ) -> Iterator[Candidate]:
        verb = self._find_verb(sentence, quote)
        speaker = self.speakers.get(quote.number) or self._attribute(sentence, quote, verb)
        is_attributed = verb is not None or speaker is not None
        if not speaker and (not sentence.words or self._text[quote.start].islower() or verb):
            speaker = self._previous
            is_attributed = is_attributed or bool(speaker and sentence.words)
        if not self._is_statement(sentence, quote, is_attributed=is_attributed, is_turn=is_turn):
            return
        if self._is_whole(quote):
            used.add(verb)
        self._previous = speaker
        if speaker and is_attributed:
            self.speakers[quote.number] = speaker
        attestation = "verbatim_sentence" if self._is_sentence(quote) else "verbatim_fragment"
        yield self._make(
            quote.start, quote.end, attestation, speaker, (sentence, verb), quote.number
        )

    def _find_verb(self, sentence: _Sentence, quote: Quote) -> Hit | None:
        """Return the verb that reports a quotation: before a colon, behind a comma, or the nearest."""
        start, end = quote.outer
        place = _count_before(sentence.words, start)
        before = [each for each in sentence.verbs if each.head <= place]
        lead, tail = self._lead(start), self._text[end : end + 3].lstrip()[:1]
        after = [
            each for each in sentence.verbs
            if 0 <= each.first - place <= _REACH
            and not re.search(r"[;\"“«„]", self._text[end : sentence.words[each.first].start])
        ]  # fmt: skip
        is_inside = place > 0 and lead not in ',:;.!?…–—-("”»“'
        if before and (lead == ":" or is_inside):
            return self._find_main(sentence, before)
        is_left = self._text[quote.end - 1] in ",!?…" or (tail and tail in ",–—-")
        if after and (is_left or not before) and self._is_whole(quote):
            return after[0]
        far = [each for each in sentence.verbs if each.first >= place]
        return before[-1] if before else far[0] if far else None

    def _find_main(self, sentence: _Sentence, verbs: Sequence[Hit]) -> Hit:
        """Return the last verb, or that of which it tells: "X said that Y had agreed to"."""
        last = verbs[-1]
        subject = self._find_subject(sentence, last)
        for each in verbs[:-1]:
            tells = sentence.words[each.head : each.head + _LEAST]
            is_told = subject and each.head <= subject.first <= each.head + _SHORT
            if last.value != "say" and each.value == "say" and is_told:
                if any(word.folded in self._rules.words["relative"] for word in tells):
                    return each
        return last

    def _attribute(self, sentence: _Sentence, quote: Quote, verb: Hit | None) -> Speaker | None:
        place = _count_before(sentence.words, quote.outer[0])
        others = [each for each in sentence.verbs if verb and each.first > verb.first >= place]
        for each in [verb, *others] if verb else []:
            floor = place if each.first >= place else 0
            if subject := self._find_subject(sentence, each, floor):
                return self._resolve(sentence, subject)
        if verb:
            return None
        if source := self._find_source(sentence):
            return self._resolve(sentence, source)
        lead = self._lead(quote.outer[0])
        tail = self._text[quote.outer[1] : quote.outer[1] + 3].lstrip()[:1]
        for each in sentence.mentions:
            is_beside = (lead == ":" and each.last == place) or (
                tail and tail in "–—-" and each.first == place
            )
            if is_beside and each.kind in ("name", "noun", "roles"):
                return self._resolve(sentence, each)
        return None

    def _lead(self, place: int) -> str:
        """Return the sign before a place."""
        return self._text[max(0, place - 3) : place].rstrip()[-1:]

    def _find_source(self, sentence: _Sentence) -> Mention | None:
        """Return whom a phrase like "according to" names."""
        for number in range(len(sentence.words)):
            hit = self._rules.speakers.match(sentence.words, number)
            if hit and hit.value in ("he", "she", "they") and hit.last - hit.first > 1:
                return next((m for m in sentence.mentions if m.first == number), None)
            if hit and hit.value == "according":
                lead = self._lead(sentence.words[number].start)
                beside = [
                    m for m in sentence.mentions if 0 <= m.first - hit.last <= 2 and m.kind != "own"
                ]
                beside += [m for m in sentence.mentions if m.last == number]
                is_short = hit.last - hit.first == 1 and len(sentence.words[number].folded) < 3
                if beside and not (is_short and lead not in ',”“»"–—-'):
                    return beside[0]
        return None

    def _find_subject(self, sentence: _Sentence, verb: Hit, floor: int = 0) -> Mention | None:
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
            return self._find_subject(sentence, later, verb.head)
        return (
            left[-1]
            if left and not (left[-1].kind == "noun" and self._rules.has_capital_nouns)
            else None
        )

    def _is_inverted(self, words: Sequence[Word], verb: Hit, beside: Sequence[Mention]) -> bool:
        """Whether a German subject follows its verb: "Details nannte er nicht"."""
        if not self._rules.has_capital_nouns or not beside or beside[0].kind == "noun":
            return False
        return beside[0].first == verb.head or words[verb.head].folded == "sich"

    def _skip_apposition(self, sentence: _Sentence, verb: Hit, floor: int) -> int | None:
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

    def _resolve(self, sentence: _Sentence, mention: Mention) -> Speaker:
        """Name a speaker; a pronoun is the person named first in the sentence, or the latest."""
        words = sentence.words
        told = self._text[words[mention.first].start : words[mention.last - 1].end]
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
            return self._resolve(sentence, earlier[0])
        for key, (speaker, sex) in reversed(self._people.items()):
            if sex in ("", mention.kind):
                self._people[key] = speaker, mention.kind
                return speaker
        return Speaker(None, told)

    def _remember(self, sentence: _Sentence) -> None:
        """Remember the people of a sentence, last the one who spoke or was named first."""
        people = [each for each in sentence.mentions if each.is_person and each.kind != "noun"]
        subjects = (self._find_subject(sentence, each) for each in sentence.verbs)
        named = (m for m in subjects if m and m.kind in ("name", "noun", "roles"))
        main = next((m for m in named if not m.actor or m.is_person), None)
        for each in [*reversed(people), *([main] if main else [])]:
            speaker = self._resolve(sentence, each)
            key = speaker.id or sentence.words[each.last - 1].folded
            sex = each.sex or self._people.pop(key, ("", ""))[1]
            self._people.pop(key, None)
            self._people[key] = speaker, sex
        while len(self._people) > _PEOPLE:
            del self._people[next(iter(self._people))]

    def _count_words(self, quote: Quote) -> int:
        return len(self._text[quote.start : quote.end].split())

    def _is_whole(self, quote: Quote) -> bool:
        return self._count_words(quote) >= _SHORT or self._text[quote.end - 1] in ".,!?…"

    def _is_sentence(self, quote: Quote) -> bool:
        words = self._text[quote.start : quote.end]
        return words[-1] in ".!?" or (self._count_words(quote) >= _SHORT and words[0].isupper())

    def _is_statement(
        self, sentence: _Sentence, quote: Quote, *, is_attributed: bool, is_turn: bool
    ) -> bool:
        """Whether a quotation is neither a title, a name nor a word kept at a distance."""
        count = self._count_words(quote)
        if not count or not any(each.isalpha() for each in self._text[quote.start : quote.end]):
            return False
        place = _count_before(sentence.words, quote.outer[0])
        before = range(max(0, place - 3), place)
        titles = (self._rules.titles.match(sentence.words, n) for n in before)
        if count <= _NAME_LIKE and any(hit and place - hit.last <= 1 for hit in titles):
            return False
        follows = any(hit.head == place for hit in sentence.verbs)
        if not follows and self._is_name_like(sentence, quote, count):
            return False
        if is_attributed:
            return not is_turn or self._is_whole(quote)
        return (
            not is_turn and count > _SHORT and (self._is_sentence(quote) or self._is_whole(quote))
        )

    def _is_name_like(self, sentence: _Sentence, quote: Quote, count: int) -> bool:
        words = self._text[quote.start : quote.end]
        lead = self._lead(quote.outer[0])
        if self._rules.has_capital_nouns or not words[0].isupper() or words[-1] in ".,!?…":
            return False
        if (
            not sentence.words
            or lead in ":,"
            or self._text[quote.outer[1] : quote.outer[1] + 1] == ","
        ):
            return False
        return count < _SHORT or (
            count <= _NAME_LIKE and all(w[0].isupper() for w in words.split() if len(w) > _SHORT)
        )

    def _read_indirect(self, sentence: _Sentence, used: set[Hit | None]) -> Iterator[Candidate]:
        if not sentence.words:
            return
        end = max(sentence.words[-1].end, *(each.outer[1] for each in sentence.quotes), 0)
        done = 0
        reports = [(each, self._find_subject(sentence, each)) for each in sentence.verbs]
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
            if told < _LEAST and verb.first < _SHORT:
                continue
            start = sentence.words[0].start if told <= _LEAST <= verb.first - _LEAST else start
            done = last
            attestation = "verbatim_sentence" if subject.kind == "own" else "indirect"
            speaker = self._resolve(sentence, subject)
            yield self._make(start, last, attestation, speaker, (sentence, verb))
        if not done and not used and (source := self._find_source(sentence)):
            speaker = self._resolve(sentence, source)
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
        said: tuple[_Sentence, Hit | None] | None = None, number: int = 0,
    ) -> Candidate:  # fmt: skip
        """Make a candidate, with the cue of a condition or the words of a force, if there are any."""
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
            guess = Guess("precondition", conditions[0].value, cue)
        elif said and said[1] and said[1].value != "say":
            verb = said[0].words[said[1].first : said[1].head]
            guess = Guess("position", said[1].value, text[verb[0].start : verb[-1].end])
        elif hit := next(self._rules.force.find(inside), None):
            told = text[inside[hit.first].start : inside[hit.last - 1].end]
            guess = Guess("position", hit.value, told)
        prefix, suffix = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
        return Candidate(
            start, end, text[start:end], prefix, suffix, attestation, speaker, cue, guess, number
        )


def _count_before(words: Sequence[Word], place: int) -> int:
    return bisect_left(words, place, key=attrgetter("start"))
