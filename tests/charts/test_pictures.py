"""Pictures: their formats, descriptions, headers and contents."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from api.analysis.deadlock.answer import Ask, Cluster, Collision, Deadlock, DemandMember
from api.analysis.declarations import fill
from api.analysis.questions.agreement import Agreement, AgreementRow
from api.analysis.questions.cells import (
    Cell,
    CellPosition,
    Column,
    Matrix,
    MatrixRow,
)
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.timeline import Event, Timeline, order_events
from api.charts.agreement import MAX_LINES, draw_agreement
from api.charts.deadlock import draw_deadlock
from api.charts.layout import INK, PAPER, QUIET, Caption
from api.charts.matrix import MAX_ROWS, draw_matrix
from api.charts.rendering import render_picture
from api.charts.routes import FORMATS, PICTURES
from api.charts.stance import STANCE_STYLES, ShownStance, describe_stances
from api.charts.timeline import MAX_EVENTS, draw_timeline
from tests.analysis.quarrels import Quarrel
from tests.contract.test_answers import check_answer
from tests.worlds import Registry, make_draft, parse_answer

WAR = "/v1/conflicts/war-in-ukraine"
QUESTIONS: Mapping[str, tuple[str, dict[str, str]]] = {
    "ConflictMatrix": (f"{WAR}/matrix", {"valid_at": "2023-03-31"}),
    "ConflictTimeline": (f"{WAR}/timeline", {}),
    "ConflictDeadlock": (f"{WAR}/deadlock", {"goal": "peace"}),
    "Agreement": (
        "/v1/agreement",
        {"actors": "norland,sudmark", "conflict": "strait-council-eleventh-session"},
    ),
}
EVERY = [(name, form) for name in QUESTIONS for form in FORMATS]
CAPTION = Caption("a conflict", 1, "2023-03-31")
SVG = "{http://www.w3.org/2000/svg}"


def get_picture(registry: Registry, name: str, form: str, **more: Any) -> Any:
    path, query = QUESTIONS[name]
    return registry.get(f"{path}.{form}", **query, **more)


def get_spec(registry: Registry, path: str, **query: str) -> dict[str, Any]:
    return parse_answer(registry.get(f"{path}.vl.json", **query))


def test_every_picture_is_asked_here():
    assert set(QUESTIONS) == {each.question.title for each in PICTURES}


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_answers_are_as_documented(reading: Registry, name: str, form: str):
    path, query = QUESTIONS[name]
    operation = f"get{name}"
    for answer in (
        get_picture(reading, name, form),
        reading.get(path, **query, format=form),
        reading.get(f"{path}.{form}", nonsense="1"),
        reading.get(f"{path}.{form}", **query, known_at="999"),
        reading.get(f"{path}.{form}", **query, headers={"Range": "bytes=0-9"}),
        reading.get(f"{path}.{form}", **query, headers={"Range": "bytes=9999999-"}),
    ):
        check_answer(operation, answer)


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_a_picture_that_the_caller_has_is_not_drawn_again(reading: Registry, name: str, form: str):
    first = get_picture(reading, name, form)
    assert first.status_code == 200
    assert first.headers["Sinequanon-Known-At"]
    again = get_picture(reading, name, form, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize("form", FORMATS)
def test_a_picture_of_a_fixed_moment_may_be_kept(reading: Registry, form: str):
    pinned = reading.get(f"{WAR}/matrix.{form}", valid_at="2023-03-31", known_at="2")
    moving = reading.get(f"{WAR}/matrix.{form}", valid_at="2023-03-31")
    assert "max-age" in pinned.headers["Cache-Control"]
    assert moving.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_svg_tells_in_words_what_it_shows(reading: Registry, name: str):
    answer = get_picture(reading, name, "svg")
    root = ET.fromstring(answer.get_data())  # noqa: S314 (our own)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "title desc"
    spec = parse_answer(get_picture(reading, name, "vl.json"))
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert told is not None
    assert title.text == spec["title"]["text"]
    assert told.text == spec["description"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_svg_names_no_other_file_and_no_script(reading: Registry, name: str):
    answer = get_picture(reading, name, "svg")
    root = ET.fromstring(answer.get_data())  # noqa: S314 (our own)
    attributes = {key.rpartition("}")[2] for each in root.iter() for key in each.attrib}
    assert not attributes & {"href", "src"}
    assert not {each.tag for each in root.iter()} & {f"{SVG}script", f"{SVG}image", f"{SVG}style"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_png_is_as_sharp_as_two_of_its_svg(reading: Registry, name: str):
    root = ET.fromstring(get_picture(reading, name, "svg").get_data())  # noqa: S314 (our own)
    png = get_picture(reading, name, "png").get_data()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert abs(width - 2 * float(root.attrib["width"])) <= 2
    assert abs(height - 2 * float(root.attrib["height"])) <= 2


def test_a_specification_that_names_an_address_is_not_followed():
    spec = {
        "title": {"text": "x"}, "description": "x", "data": {"url": "http://127.0.0.1:1/x.json"},
        "mark": "point",
    }  # fmt: skip
    with pytest.raises(ValueError, match="not allowed"):
        render_picture("svg", spec)


def find_cell(spec: Mapping[str, Any], row: int, holder: int) -> dict[str, Any]:
    values = spec["data"]["values"]
    return next(each for each in values if (each["row"], each["holder"]) == (row, holder))


def test_the_matrix_tells_a_rejection_from_what_is_not_recorded(reading: Registry):
    spec = get_spec(reading, f"{WAR}/matrix", valid_at="2023-03-31", proposition="truce")
    assert find_cell(spec, 0, 0) == {
        "row": 0, "holder": 0, "stance": "against", "word": "rejects", "conditional": False,
        "disputed": False, "hollow": False, "ground": STANCE_STYLES["against"].ground,
    }  # fmt: skip
    assert find_cell(spec, 0, 1)["stance"] == "none"
    assert "Russia: A cessation of hostilities is in effect: rejects." in spec["description"]
    assert "Ukraine: nothing recorded." in spec["description"]


def test_the_matrix_follows_the_date(reading: Registry):
    before = get_spec(reading, f"{WAR}/matrix", valid_at="2023-03-28")
    after = get_spec(reading, f"{WAR}/matrix", valid_at="2023-03-31")
    assert "rejects" not in before["description"]
    assert "rejects" in after["description"]
    assert "In force on 2023-03-28" in before["title"]["subtitle"][0]


def test_the_matrix_marks_what_holds_only_under_conditions(reading: Registry):
    spec = get_spec(reading, f"{WAR}/matrix", valid_at="2023-03-31")
    found = {each["word"] for each in spec["data"]["values"] if each["conditional"]}
    assert found == {
        "demands", "only if “Ukraine …", "only if “Russian …"
    }  # fmt: skip


def test_what_only_others_say_is_hollow_and_said_in_words():
    quarrel = Quarrel()
    quarrel.propositions("truce", "talks")
    quarrel.position("ardo", "reject", "truce", voice="anonymous")
    demand = quarrel.position("belm", "demand", "truce", voice="relayed", speaker="ardo")
    quarrel.position("belm", "deny", "talks", responds_to={"position": demand})
    quarrel.position("cors", "accept", "truce")
    spec = draw_matrix(lay_out_matrix(quarrel.scene(), MatrixQuery(by_issue=False)), CAPTION)
    cells = [find_cell(spec, 0, holder) for holder in range(3)]
    assert [(each["word"], each["hollow"]) for each in cells] == [
        ("reported: rejects", True), ("denied: demands", True), ("accepts", False)
    ]  # fmt: skip
    assert "Ardo: It is truce: reported: rejects." in spec["description"]
    [event] = [e for e in order_events(quarrel.scene(), (), ()) if e.id == demand]
    spec = draw_timeline(Timeline([event], None), CAPTION)
    assert spec["data"]["values"][0]["opacity"] < 1
    said = "Denied: Belm demands “It is truce”, as Ardo says, which Belm denies (1 January 2024)"
    assert said in spec["description"]


def test_a_hollow_cell_tells_all_its_states():
    said = [ShownStance("reject", -1, state="reported"), ShownStance("demand", 1, state="denied")]
    assert describe_stances(said) == "reported and denied: 1 for, 1 against"
    assert describe_stances([*said, ShownStance("accept", 1)]) == "2 for, 1 against"


def test_the_deadlock_draws_each_set_with_its_members(reading: Registry):
    spec = get_spec(reading, f"{WAR}/deadlock", goal="peace")
    marks = spec["vconcat"][0]["layer"][4]["data"]["values"]
    sets = {each["name"]: [] for each in marks}
    for each in marks:
        sets[each["name"]].append(each["mark"])
    assert sets == {
        "1": ["collides", "collides", "rule", "rule", "goal"],
        "2": ["collides", "collides"],
        "3": ["collides", "collides", "rule"],
        "A1": ["yields"],
        "A2": ["yields"],
        "B1": ["yields", "yields"],
        "B2": ["goes_unmet"],
    }
    asks = [each["text"] for each in spec["vconcat"][-1]["data"]["values"]]
    assert asks[0] == "Asked and not answered"
    assert any("which is up to Ukraine; no answer is recorded." in each for each in asks)


def test_the_deadlock_shades_each_quarrel_apart(reading: Registry):
    spec = get_spec(reading, f"{WAR}/deadlock", goal="peace")
    blocks, headings, *_ = spec["vconcat"][0]["layer"]
    assert [each["text"] for each in headings["data"]["values"]] == ["Quarrel A", "Quarrel B"]
    cells = {(each["set"], each["row"]) for each in blocks["data"]["values"]}
    first = {(place, row) for place in (0, 1, 2) for row in (0, 1)}
    second = {(place, row) for place in (4, 5, 6, 7) for row in (2, 3, 4)}
    assert cells == first | second
    told = spec["description"]
    assert "In the way of the goal: quarrel A. Whatever the goal: quarrel B." in told
    assert "Quarrel A, 1: These cannot all hold: Russia: " in told
    assert "Quarrel B, B2: This quarrel ends if Belarus proposes" in told
    assert "No order of moves is recorded." in get_spec(
        reading, f"{WAR}/deadlock", goal="peace", valid_at="2023-03-31"
    )["description"]  # fmt: skip


def test_the_deadlock_lists_the_stages_of_the_first_plan(reading: Registry):
    path = "/v1/conflicts/varn-strait-dispute/deadlock"
    [stages] = get_spec(reading, path, valid_at="2024-03-06")["vconcat"]
    lines = [each["text"].strip() for each in stages["data"]["values"]]
    assert lines[0] == "In which order"
    leads = [each.removeprefix("•  ").partition(":")[0] for each in lines if each.startswith("•")]
    assert leads == ["First", "Then"]


def test_a_large_quarrel_leaves_the_others_their_place():
    members = [fill(DemandMember, {"noun": "positions", "id": n, "sentence": n}) for n in "ab"]
    sets = {"axioms": [], "measures": [], "goals": [], "sentence": "Two."}
    collisions = [fill(Collision, {**sets, "members": members}) for _ in range(21)]
    clusters = [
        fill(Cluster, {"collisions": numbers, "goals": True, "ways_out": []})
        for numbers in (range(1, 21), [21])
    ]
    answer = fill(Deadlock, {
        "sentence": "Stuck.", "collisions": collisions, "clusters": clusters, "concessions": [],
        "cycles": [], "rules": [], "cases": [], "goals": [], "complete": True, "open_asks": [],
    })  # fmt: skip
    spec = draw_deadlock(answer, CAPTION)
    names = {each["name"] for each in spec["vconcat"][0]["layer"][4]["data"]["values"]}
    assert names == {*"123456", "21"}
    assert any("7 of 21 collisions" in each for each in spec["title"]["subtitle"])


def test_a_deadlock_without_a_rule_has_a_collision_fewer(reading: Registry):
    spec = get_spec(
        reading, f"{WAR}/deadlock", goal="peace",
        axioms="annexation-excludes-withdrawal,truce-ends-operation",
    )  # fmt: skip
    marks = spec["vconcat"][0]["layer"][4]["data"]["values"]
    assert {each["name"] for each in marks if each["mark"] == "collides"} == {"1", "2"}


def test_where_nothing_collides_the_picture_says_so(reading: Registry):
    spec = get_spec(reading, f"{WAR}/deadlock", valid_at="2020-01-01")
    assert "No recorded demands collide." in spec["description"]


def test_the_timeline_draws_an_uncertain_date_as_a_span(reading: Registry):
    spec = get_spec(reading, "/v1/conflicts/varn-strait-dispute/timeline", kind="statement")
    spans = [each for each in spec["data"]["values"] if each["from"] != each["to"]]
    assert {(each["on"], each["from"], each["to"]) for each in spans} == {
        ("2024-03", "2024-03-01", "2024-03-31"),
        ("2024-03~", "2024-03-01", "2024-03-31"),
    }


def test_a_timeline_that_goes_on_says_so(reading: Registry):
    spec = get_spec(reading, f"{WAR}/timeline", limit="3")
    assert len(spec["data"]["values"]) == 3
    assert any("More events follow" in line for line in spec["title"]["subtitle"])


def test_a_picture_of_too_much_shows_the_first_and_says_so():
    position = fill(CellPosition, {
        "id": "p", "force": "demand", "sign": 1, "negated": False, "conditional": False,
        "disagreement": False,
    })  # fmt: skip
    columns = [Column(str(n), f"Thing {n}") for n in range(MAX_ROWS + 5)]
    cells = [Cell("a", each.id, "held", [position], [], [], []) for each in columns]
    row = MatrixRow("a", "A", None, cells, [])
    spec = draw_matrix(Matrix("issue", columns, [row]), CAPTION)
    assert len(spec["data"]["values"]) == MAX_ROWS
    assert f"the first {MAX_ROWS} of {MAX_ROWS + 5} rows" in spec["title"]["subtitle"][-1]
    event = {
        "kind": "statement", "on": "2023", "earliest": "2023-01-01", "latest": "2023-12-31",
        "sentence": "x",
    }  # fmt: skip
    spec = draw_timeline(Timeline([fill(Event, event)] * (MAX_EVENTS + 1), None), CAPTION)
    assert len(spec["data"]["values"]) == MAX_EVENTS


def make_scores(actors: int, by: str = "session") -> Agreement:
    names = [f"State {n}" for n in range(actors)]
    return Agreement(by, [
        fill(AgreementRow, {"actor_label": one, "other_label": other, "group": "1",
                            "group_label": "1", "score": 0.5, "both_voted": 1200})
        for place, one in enumerate(names) for other in names[place + 1:]
    ])  # fmt: skip


@pytest.mark.parametrize("actors", [2, 3, 6])
def test_a_score_is_never_shown_without_its_count(actors: int):
    spec = draw_agreement(make_scores(actors), CAPTION)
    drawn = render_picture("svg", spec).decode()
    assert "n = 1,200" in drawn if actors * (actors - 1) / 2 <= MAX_LINES else ">1,200<" in drawn
    assert "(n = 1200)" in spec["description"]


def test_agreement_by_issue_is_a_heat_map_because_issues_have_no_order():
    marks = [
        each["mark"]["type"] for each in draw_agreement(make_scores(2, "issue"), CAPTION)["layer"]
    ]
    assert marks == ["rect", "text", "text"]


def test_where_nobody_voted_the_picture_says_so():
    assert "No roll call" in draw_agreement(Agreement("year", []), CAPTION)["description"]


def test_odd_names_are_drawn_as_they_are(registry: Registry):
    odd = """O'Brien \\ "x" </svg><script>"""
    assert registry.post("/v1/actors", make_draft("actors", name=odd)).status_code == 201
    evidence = make_draft("positions")
    answer = registry.post("/v1/positions", {**evidence, "holder": "a-new-one", "speaker": None})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    drawn = registry.get(
        "/v1/conflicts/varn-strait-dispute/matrix.svg", holder="a-new-one", valid_at="any"
    )
    root = ET.fromstring(drawn.get_data())  # noqa: S314 (our own)
    said = " ".join(each.text or "" for each in root.iter(f"{SVG}text"))
    told = " ".join(each.text or "" for each in root.iter(f"{SVG}tspan"))
    assert odd in " ".join(f"{said} {told}".split())
    assert not list(root.iter(f"{SVG}script"))


@pytest.mark.parametrize(("url", "limit"), [  # limits that no other test has
    (f"{WAR}/deadlock.svg", "131"),
    ("/embed/conflicts/war-in-ukraine/deadlock", "132"),
])  # fmt: skip
def test_what_was_cut_for_time_is_not_to_be_kept(
    registry_of: Callable[..., Registry], url: str, limit: str
):
    hasty = registry_of("both", analysis_seconds=0)
    # A solution that was found in time is remembered, hence limits of its own.
    answer = hasty.get(url, goal="peace", limit=limit)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert b"This is not all of it" in answer.get_data()


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("style", STANCE_STYLES.values(), ids=list(STANCE_STYLES))
def test_words_and_signs_stand_out_from_their_ground(style):
    assert contrast(INK, style.ground) >= 4.5
    assert contrast(style.fill, style.ground) >= 4.5
    assert contrast(QUIET, PAPER) >= 4.5


def test_a_stance_is_told_by_sign_and_name_too():
    assert len({each.shape for each in STANCE_STYLES.values()}) == len(STANCE_STYLES)
    assert len({each.name for each in STANCE_STYLES.values()}) == len(STANCE_STYLES)


def test_a_specification_carries_its_data(reading: Registry):
    for name in QUESTIONS:
        assert '"url"' not in json.dumps(parse_answer(get_picture(reading, name, "vl.json")))


def test_an_empty_deadlock_with_asks_lists_them():
    answer = fill(Deadlock, {
        "sentence": "Open.", "collisions": [], "concessions": [], "cycles": [], "rules": [],
        "plan": None, "clusters": [], "cases": [],
        "goals": [], "complete": True, "cut": [],
        "open_asks": [fill(Ask, {"sentence": "It takes a truce."})],
    })  # fmt: skip
    spec = draw_deadlock(answer, CAPTION)
    assert [each["text"] for each in spec["vconcat"][0]["data"]["values"]][1:] == [
        "•  It takes a truce."
    ]
