"""The reader finds what is said, by whom, and refuses no text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.reader import attribution, candidates, speakers
from api.reader.candidates import Candidate, read_text
from api.reader.cues import Word, load_language, split_words
from api.reader.routes import MOST_BYTES, MOST_CANDIDATES, MOST_READ
from tests.cli.commands import expect_refusal, expect_success, run_command
from tests.reader.score import ACTORS, is_right, read_gold
from tests.worlds import PROJECT, Registry, parse_answer

CONSTRUCTIONS = Path(__file__).parent / "constructions"
Told = tuple[str, str | None]


def tell(text: str, lang: str | None = None) -> list[Told]:
    """Return the direct candidates: words, and the actor's id or else the words for it."""
    return [
        (each.exact, each.speaker and (each.speaker.id or each.speaker.words))
        for each in read_text(text, ACTORS, lang)
        if each.attestation != "indirect"
    ]


def tell_guess(text: str) -> str:
    [first, *_] = [each.guess for each in read_text(text, ACTORS) if each.guess]
    return f"{first.force or first.modality or first.antecedents_kind}: {first.words}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"We stop now," Peskov told reporters.', [("We stop now,", "dmitry-peskov")]),
        ("‘The soldiers’ families wait,’ said Putin.",
         [("The soldiers’ families wait,", "vladimir-putin")]),
        ('The Belarusian leader called for a "truce".', [("truce", "alexander-lukashenko")]),
        ("“One.\n\n“Two,” Putin said.", [("One.", "vladimir-putin"), ("Two,", "vladimir-putin")]),
        ('"We agree, and soon,” said Zelenskyy. "We do.', [
            ("We agree, and soon,", "volodymyr-zelenskyy"), ("We do.", "volodymyr-zelenskyy")]),
        ("„Wir bleiben dabei“, sagte Kanzler Olaf Scholz.",
         [("Wir bleiben dabei", "Kanzler Olaf Scholz")]),
        ("»Nur wenn die Waffen schweigen«, so Scholz, »können wir reden.«",
         [("Nur wenn die Waffen schweigen", "Scholz"), ("können wir reden.", "Scholz")]),
        ("« Nous ne céderons jamais », a déclaré le ministre français Jean Dupont.",
         [("Nous ne céderons jamais", "ministre français Jean Dupont")]),
        ("«Мы готовы к этому, — сказал министр Лавров. — Но не сейчас».",
         [("Мы готовы к этому,", "министр Лавров"), ("Но не сейчас", "министр Лавров")]),
        ("«Ми не торгуємо землею», – наголосив речник Олег Ніколенко.",
         [("Ми не торгуємо землею", "речник Олег Ніколенко")]),
        ('He read the book "War and Peace" while the 5\'10" man didn\'t.', []),
        ("Компания «Газпром» подписала договор с газетой «Известия».", []),
    ],
)  # fmt: skip
def test_what_stands_in_quotation_marks_is_found_with_who_says_it(text: str, told: list[Told]):
    assert tell(text) == told


@pytest.mark.parametrize("lang", ["de", "en", "fr", "ru", "uk"])
def test_the_constructions_of_a_language_are_read_as_a_person_reads_them(lang: str):
    passages = (CONSTRUCTIONS / f"{lang}.txt").read_text(encoding="utf-8").split("\n%\n")
    for text, gold in map(read_gold, passages):
        found = {(each.start, each.end): each for each in read_text(text, ACTORS, lang)
                 if each.number}  # fmt: skip
        assert sorted(found) == [each[:2] for each in gold], text
        assert all(is_right(found[each[:2]], each.speaker) for each in gold), text


@pytest.mark.parametrize(
    ("lang", "text", "labels"),
    [
        ("fr", "Q - Et ensuite ?\n\nR - Nous verrons.\n\nQ - Bien.", ["Q", "R", "Q"]),
        ("fr", "M. le président. – La séance est ouverte.\n\nMme Roche. – Merci.",
         ["M. le président.", "Mme Roche."]),
        ("de", "Frage: Was?\n\nJ. Weber: Nur eines: Ruhe.\n\nFrage: Wann?\n\nA. Dahl: Bald.",
         ["Frage", "J. Weber", "Frage", "A. Dahl"]),
        ("ru", "В.Путин: Да.\n\nД.Песков: Нет.\n\nВ.Путин: Да. Одно условие: мир.",
         ["В.Путин", "Д.Песков", "В.Путин"]),
        ("uk", "ЗАПИТАННЯ: Коли?\n\nМіністр закордонних справ: Скоро.\n\nЗАПИТАННЯ: Де?",
         ["ЗАПИТАННЯ", "Міністр закордонних справ", "ЗАПИТАННЯ"]),
    ],
)  # fmt: skip
def test_a_turn_has_the_speaker_of_its_label(lang: str, text: str, labels: list[str]):
    found = [each for each in read_text(text, [], lang) if each.attestation != "indirect"]
    assert [each.speaker and each.speaker.words for each in found] == labels


def test_each_turn_of_a_transcript_is_found():
    text = "PRESIDENT TRUMP:  Well. (Laughter.)\n\nQ    Only if?\n\nMR. PRICE: No.\n\n2:25 P.M."
    assert tell(text) == [
        ("Well. (Laughter.)", "donald-trump"), ("Only if?", "Q"), ("No.", "MR. PRICE"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("Moscow believes that it can only end if Kyiv yields.", "necessary: only end if"),
        ("Putin offered talks without preconditions.", "none: without preconditions"),
        ("Merz sagte, erst wenn sie gehen, gibt es Frieden.", "necessary: erst wenn"),
        ("Le ministre a rejeté toute trêve proposée par Minsk.", "reject: a rejeté"),
        ("Песков заявил, что мир возможен только после ухода.", "necessary: только после"),
        ("Речник заявив, що передумовою миру є вихід військ.", "necessary: передумовою"),
    ],
)
def test_a_guess_names_the_words_that_suggest_it(text: str, guess: str):
    assert tell_guess(text) == guess


def test_the_article_of_the_seed_is_read_as_it_was_coded(shared: Path):
    text = (shared / "seed" / "article.txt").read_text(encoding="utf-8")
    lines = (PROJECT / "seeds/2023-03-31-kremlin-rules-out-truce/statements.ndjson").read_text()
    coded = [each for each in map(json.loads, lines.splitlines()) if "exact" in each]
    found = {(each.start, each.end): each for each in read_text(text, ACTORS)}
    met = [(found[span], each) for each in coded if (span := (each["start"], each["end"])) in found]
    assert len(met) == len(coded) == 14
    assert sum(bool(c.speaker and c.speaker.id == each["speaker"]) for c, each in met) >= 13


MARKS = st.sampled_from(
    [*"\"“”„«»‹›‘’‚'.,:;!?…—- \n\r\t()\x00\u0301\u202e", "said ", "Putin ", "только ", "q: "]
)


@settings(max_examples=10)
@given(st.lists(MARKS | st.text(max_size=5), max_size=40).map("".join))
def test_no_text_is_refused_and_no_span_is_off(text: str):
    for each in read_text(text, ACTORS[:20]):
        assert isinstance(each, Candidate)
        assert text[each.start : each.end] == each.exact != ""
        assert text[: each.start].endswith(each.prefix)
        assert text[each.end :].startswith(each.suffix)


@pytest.mark.parametrize("piece", ['Putin said, "we agree" that ', "“a ", "MINISTER "])
def test_the_time_grows_with_the_length(piece: str):
    def measure(size: int) -> float:
        return min(measure_once(size) for _ in range(3))

    def measure_once(size: int) -> float:
        started = process_time()
        read_text((piece * size)[:size], ACTORS[:20])
        return process_time() - started

    measure(1_000)
    assert measure(8_000) < 8 * measure(2_000)


def count_calls(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[str]:
    """Note each call of a function from now on."""
    calls, function = list[str](), getattr(place, name)

    def note(*given: Any, **named: Any) -> Any:
        calls.append(name)
        return function(*given, **named)

    monkeypatch.setattr(place, name, note)
    return calls


def test_the_number_of_actors_with_one_name_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    cast = speakers.Cast(
        {"id": f"qzork-{n}", "name": f"Qzork {n}", "aliases": ["Qzork Mezork"]} for n in range(500)
    )
    words = split_words("Qzork Mezork said yes.")
    calls = count_calls(monkeypatch, speakers, "trim_ending")
    found = cast.find_name(words, 0)
    assert found
    assert (found[0], found[1]["id"]) == (2, "qzork-0")
    assert len(calls) < 10


def test_the_longest_name_is_found_and_small_letters_name_states_alone():
    cast = speakers.Cast([
        {"id": "person", "name": "Chad", "kind": "person"},
        {"id": "state", "name": "Chad", "kind": "state"},
        {"id": "later", "name": "Chad", "kind": "state"},
        {"id": "long", "name": "Chad of the North", "kind": "person"},
    ])  # fmt: skip

    def find(text: str) -> tuple[int, str] | None:
        found = cast.find_name(split_words(text), 0)
        return found and (found[0], found[1]["id"])

    assert find("Chad of the South") == (1, "person")
    assert find("Chad of the North") == (4, "long")
    assert find("chad of the North") == (1, "state")
    assert find("Of the North") is None


def test_the_subject_of_a_verb_is_looked_for_once(monkeypatch: pytest.MonkeyPatch):
    calls = count_calls(monkeypatch, attribution.Attribution, "_skip_apposition")
    read_text("“a” said X, " * 60, [])
    assert len(calls) <= 60


def test_what_follows_a_word_that_begins_no_phrase_is_not_compared():
    class Watched(list[Word]):
        def __getitem__(self, place: Any) -> Any:
            assert not isinstance(place, slice)
            return super().__getitem__(place)

    words = Watched(split_words("sword of Damocles"))
    assert load_language("en").verbs.match(words, 0) is None


def test_the_first_candidates_are_read_without_the_rest(monkeypatch: pytest.MonkeyPatch):
    text = '"We agree," said Putin.\n' * 400
    whole = read_text(text, ACTORS)
    calls = count_calls(monkeypatch, candidates, "find_mentions")
    assert read_text(text, ACTORS, most=5) == whole[:5]
    assert len(calls) < 10


def test_a_sentence_of_many_quotations_takes_hardly_longer_than_many_sentences():
    def measure(piece: str) -> float:
        started = process_time()
        read_text((piece * 5_000)[:12_000], ACTORS)
        return process_time() - started

    measure("It's 'a'. ")
    assert measure("it's 'a' ") < 6 * measure("It's 'a' now. ")


def test_the_texts_that_may_be_read_are_read_over_http(registry_of):
    seed: Registry = registry_of("seed")
    body = {"source": "us-ukraine-joint-statement"}
    [first, *_] = parse_answer(seed.post("/v1/candidates", body), 200)["data"]
    assert first["exact"].startswith("Both sides agreed")
    assert first["guess"]["force"] == "accept"
    said = {"text": '"No truce," Peskov said.'}
    [only] = parse_answer(seed.post("/v1/candidates", said), 200)["data"]
    assert only["speaker"] == {"id": "dmitry-peskov", "words": "Peskov"}
    parse_answer(seed.post("/v1/candidates", {**said, **body}), 422)
    parse_answer(seed.post("/v1/candidates", {"source": "kremlin-rules-out-truce"}), 404)


def test_a_text_that_is_not_public_needs_the_scope_texts(registry_of, shared: Path):
    seed: Registry = registry_of("seed")
    article, source = shared / "seed" / "article.txt", "kremlin-rules-out-truce"
    parse_answer(seed.put_text(source, article.read_text(encoding="utf-8")), 200)
    parse_answer(seed.client.post("/v1/candidates", json={"source": source}), 401)
    found = parse_answer(seed.post("/v1/candidates", {"source": source}), 200)["data"]
    assert len([each for each in found if each["attestation"] != "indirect"]) == 14


def test_a_file_is_read_by_command(databases, tmp_path: Path):
    file = tmp_path / "text.txt"
    file.write_text('"No truce," Peskov said.', encoding="utf-8")
    with databases.fresh("sqlite", "seed") as url:
        assert "dmitry-peskov (Peskov)" in expect_success(run_command(url, "read", file))
        assert "must be one of" in expect_refusal(run_command(url, "read", "--lang", "xx", file))


@pytest.mark.parametrize(
    "text",
    [
        "\nQ. a\nA. b\n" * 1_001,
        f"A{'a' * 150_000} Bob said yes we do. " + "He said yes we do. " * 50,
        f'"Yes," said Bob.{" " * MOST_READ}"No," said Bob.',
    ],
    ids=["candidates", "bytes", "code points"],
)
def test_an_answer_is_bounded_and_says_so(registry_of, text: str):
    answer = registry_of("seed").post("/v1/candidates", {"text": text})
    told = parse_answer(answer, 200)
    assert told["complete"] is False
    assert 0 < len(told["data"]) <= MOST_CANDIDATES
    assert len(answer.data) < MOST_BYTES + 3_000
    assert told["data"][-1]["end"] <= told["read"] <= min(MOST_READ, len(text))


def test_the_rest_of_a_long_text_begins_with_a_line(registry_of):
    """A quotation that was cut in two was read as another one, and its rest, too."""
    seed, line = registry_of("seed"), '"No truce without a full withdrawal," said Dmitry Peskov.\n'
    text = f"{'x' * (MOST_READ - 120)}\n{line * 3}"
    first = parse_answer(seed.post("/v1/candidates", {"text": text}), 200)
    rest = parse_answer(seed.post("/v1/candidates", {"text": text[first["read"] :]}), 200)
    assert (first["complete"], rest["complete"]) == (False, True)
    said = [each["exact"] for each in [*first["data"], *rest["data"]]]
    assert said == ["No truce without a full withdrawal,"] * 3


@pytest.mark.parametrize("text", [
    '"No truce now," Peskov said.', "– No truce now, said Peskov.\n", "PESKOV: No.\nPUTIN: Yes.\n",
])  # fmt: skip
def test_a_mark_of_the_byte_order_moves_all_places_by_one(databases, tmp_path: Path, text: str):
    file, told = tmp_path / "text.txt", list[str]()
    with databases.fresh("sqlite", "seed") as url:
        for encoding in ("utf-8", "utf-8-sig"):
            file.write_text(text, encoding=encoding)
            told.append(expect_success(run_command(url, "read", file)))
    moved = re.sub(r"^(\d+)-(\d+)", lambda found: f"{int(found[1]) + 1}-{int(found[2]) + 1}",
                   told[0], flags=re.MULTILINE)  # fmt: skip
    assert "dmitry-peskov" in moved
    assert told[1] == moved


def test_the_most_candidates_of_an_answer_may_be_all(registry_of):
    text = "\nQ. a\nA. b\n" * (MOST_CANDIDATES // 2)
    told = parse_answer(registry_of("seed").post("/v1/candidates", {"text": text}), 200)
    assert (len(told["data"]), told["complete"]) == (MOST_CANDIDATES, True)
