"""Views for programs that read the database itself: Metabase, Superset, a SQL shell.

`v_positions`, `v_preconditions` and `v_agreement` have the columns of the flat rows of the same
names, by the same words. They show what the registry says now: live versions alone, whatever day
they hold on, which `valid_from_date` and `valid_to_date` tell. A test holds each, row by row,
against the CSV of the API.

Two engines, one text: what they word differently is in `_Engine`, the rest is written once. Labels
are looked up row by row, so that a filter on a column of the table still finds its index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LIVE = 2**53 - 1
"""`superseded` of a version that has not ended, when these views were written."""


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How an engine reads JSON; `{}` stands for what is read, `doc` for a JSON value."""

    whole: str
    """The document of a stored body, whose last brace is missing."""
    text: str
    """The text at a path."""
    flag: str
    number: str
    items: str
    """A row for each item of the array at a path, with `value` and, in order, `key`."""
    members: str
    """A row for each item of an array, likewise."""
    item: str
    """The text of such a value."""
    listed: str
    """Parts joined in the order of `place`."""
    live: str
    """A table's live rows with their `doc`, and the quote that is `shown` of its quotes."""
    document: str
    """What `doc` is called there."""
    instant: str
    """When the changeset `c` was recorded."""

    def select_live_rows(self, name: str) -> str:
        """Give the live rows of positions or preconditions as `s`."""
        order = f"coalesce({self.text.format('q.value', 'exact')}, '') = '', q.key"
        quotes = self.items.format(self.document, "quotes", "q")
        return (
            self.live.replace("{table}", name)
            .replace("{whole}", self.whole.format("v.body"))
            .replace("{quotes}", quotes)
            .replace("{order}", order)
            .replace("{live}", str(LIVE))
        )


_SQLITE = _Dialect(
    # Without the cast SQLite takes a blob for its own binary JSON.
    whole="(CAST({} AS TEXT) || '}}')",
    text="json_extract({}, '$.{}')",
    flag="json_extract({}, '$.{}')",
    number="json_extract({}, '$.{}')",
    items="json_each({}, '$.{}') AS {}",
    members="json_each({}) AS {}",
    item="{}",
    listed="(SELECT group_concat(part, '{}') FROM (SELECT {} ORDER BY place))",
    live=(
        "(SELECT w.*, (SELECT q.value FROM {quotes} ORDER BY {order} LIMIT 1) AS shown FROM ("
        "SELECT v.*, {whole} AS doc FROM {table} AS v WHERE v.superseded = {live}) AS w) AS s"
    ),
    document="w.doc",
    instant=(
        "strftime('%Y-%m-%dT%H:%M:%S', c.recorded_at / 1000000, 'unixepoch') || '.' || "
        "printf('%06d', c.recorded_at % 1000000) || 'Z'"
    ),
)

_POSTGRESQL = _Dialect(
    whole="(convert_from({}, 'UTF8') || '}}')::jsonb",
    text="({} #>> '{{{}}}')",
    flag="({} #>> '{{{}}}')::boolean",
    number="({} #>> '{{{}}}')::bigint",
    items="jsonb_array_elements({} -> '{}') WITH ORDINALITY AS {}(value, key)",
    members="jsonb_array_elements({}) WITH ORDINALITY AS {}(value, key)",
    item="({} #>> '{{}}')",
    listed="(SELECT string_agg(part, '{}' ORDER BY place) FROM (SELECT {}) AS listed)",
    # OFFSET 0 keeps the planner from reading the document anew for each column.
    live=(
        "(SELECT v.*, d.doc, w.shown FROM {table} AS v "
        "CROSS JOIN LATERAL (SELECT {whole} AS doc OFFSET 0) AS d LEFT JOIN LATERAL ("
        "SELECT q.value AS shown FROM {quotes} ORDER BY {order} LIMIT 1) AS w ON true "
        "WHERE v.superseded = {live}) AS s"
    ),
    document="d.doc",
    instant=(
        "to_char(to_timestamp(c.recorded_at / 1000000) AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS') || '.' || "
        "lpad((c.recorded_at % 1000000)::text, 6, '0') || 'Z'"
    ),
)


def view_statements(dialect: str) -> Iterator[str]:
    """Yield the DDL that makes the views on "sqlite" or "postgresql"."""
    engine = _SQLITE if dialect == "sqlite" else _POSTGRESQL
    for name, columns in (
        ("positions", _map_position_columns(engine)),
        ("preconditions", _map_precondition_columns(engine)),
    ):
        listed = ", ".join(f"{what} AS {column}" for column, what in columns.items())
        yield (
            f"CREATE VIEW v_{name} AS SELECT {listed} FROM {engine.select_live_rows(name)} "  # noqa: S608
            "JOIN changeset AS c ON c.number = s.changeset"
        )
    yield f"CREATE VIEW v_agreement AS {_query_agreement(engine)}"


def _map_position_columns(e: _Dialect) -> dict[str, str]:
    issue = e.text.format("s.doc", "issues[0]" if e is _SQLITE else "issues,0")
    return {
        "id": "s.id",
        "conflict": "s.conflict",
        "conflict_label": _look_up_label(e, "conflicts", "s.conflict"),
        "holder": "s.holder",
        "holder_label": _look_up_label(e, "actors", "s.holder"),
        "force": "s.force",
        "negated": "s.negated",
        "proposition": "s.proposition",
        "proposition_text": _look_up_label(e, "propositions", "s.proposition", "text"),
        "issue": issue,
        "issue_label": _look_up_label(e, "issues", issue),
        "issues": _join_items(e, "issues"),
        "under": _join_items(e, "under"),
        "for_text": _join_purposes(e),
        "responds_to_proposal": _read_nested_text(e, "responds_to", "proposal"),
        "responds_to_component": _read_nested_text(e, "responds_to", "component"),
        **_map_evidence_columns(e, "positions"),
    }


def _map_precondition_columns(e: _Dialect) -> dict[str, str]:
    return {
        "id": "s.id",
        "conflict": "s.conflict",
        "conflict_label": _look_up_label(e, "conflicts", "s.conflict"),
        "holder": "s.holder",
        "holder_label": _look_up_label(e, "actors", "s.holder"),
        "antecedents_kind": "s.antecedents_kind",
        "antecedents_text": _join_alternatives(
            e, _spell_literal(e, e.item.format("m.value")), " and ", " or "
        ),
        "antecedents": _join_alternatives(e, e.item.format("m.value"), "&", "|"),
        "obligors": _join_items(e, "obligors"),
        "consequents": _join_items(e, "consequents"),
        "consequents_text": _join_items(e, "consequents", in_words=True),
        **{name: _read_text(e, name) for name in ("modality", "timing", "deadline", "scope")},
        "exhaustive": "s.exhaustive",
        "cue": _read_text(e, "cue"),
        **_map_evidence_columns(e, "preconditions"),
    }


def _map_evidence_columns(e: _Dialect, noun: str) -> Mapping[str, str]:
    first_source = e.text.format("s.doc", "sources[0]" if e is _SQLITE else "sources,0")
    source = f"coalesce({e.text.format('s.shown', 'source')}, {first_source})"
    start, end = _read_text(e, "valid_from"), _read_text(e, "valid_to")
    return {
        "quote": e.text.format("s.shown", "exact"),
        "gist": e.text.format("s.shown", "gist"),
        "speaker": "s.speaker",
        "speaker_label": _look_up_label(e, "actors", "s.speaker"),
        "voice": "s.voice",
        "attestation": "s.attestation",
        "stated_on": _read_text(e, "stated_on"),
        "attested_on": "s.attested_on",
        "last_attested_on": _read_text(e, "last_attested_on"),
        "valid_from": start,
        "valid_from_date": f"CASE WHEN {start} IS NOT NULL THEN nullif(s.valid_start, '') END",
        "valid_to": end,
        "valid_to_date": "nullif(s.valid_end, '~')",
        "end_reason": "s.end_reason",
        "rank": "s.rank",
        "coder": "s.coder",
        "source": source,
        "source_title": _look_up_label(e, "sources", source, "title"),
        "source_url": _look_up_label(e, "sources", source, "url"),
        "verified": e.flag.format("s.shown", "verified"),
        "revision": e.number.format("s.doc", "revision"),
        "changeset": "s.changeset",
        "recorded_at": e.instant,
        "url": f"'/v1/{noun}/' || s.id",
        "derived": _join_items(e, "derived"),
    }


def _read_text(e: _Dialect, name: str) -> str:
    return e.text.format("s.doc", name)


def _read_nested_text(e: _Dialect, outer: str, inner: str) -> str:
    return e.text.format("s.doc", f"{outer}.{inner}" if e is _SQLITE else f"{outer},{inner}")


def _look_up_label(e: _Dialect, noun: str, id: str, field: str = "name") -> str:
    body = e.whole.format("n.body")
    return (
        f"(SELECT {e.text.format(body, field)} FROM {noun} AS n "  # noqa: S608
        f"WHERE n.id = {id} AND n.superseded = {LIVE})"
    )


def _join_items(e: _Dialect, name: str, *, in_words: bool = False) -> str:
    part = e.item.format("m.value")
    part = _spell_literal(e, part) if in_words else part
    rows = f"{part} AS part, m.key AS place FROM {e.items.format('s.doc', name, 'm')}"
    return e.listed.format("|", rows)


def _join_alternatives(e: _Dialect, part: str, between: str, beside: str) -> str:
    """Join the members of each alternative, and the alternatives."""
    within = f"{part} AS part, m.key AS place FROM {e.members.format('a.value', 'm')}"
    one = e.listed.format(between, within)
    rows = f"{one} AS part, a.key AS place FROM {e.items.format('s.doc', 'antecedents', 'a')}"
    return e.listed.format(beside, rows)


def _spell_literal(e: _Dialect, literal: str) -> str:
    """Write a literal in words, as `api.evidence.rows` does: without the full stop."""
    id = f"CASE WHEN {literal} LIKE '!%' THEN substr({literal}, 2) ELSE {literal} END"
    text = f"coalesce({_look_up_label(e, 'propositions', id, 'text')}, {id})"
    bare = f"CASE WHEN {text} LIKE '%.' THEN substr({text}, 1, length({text}) - 1) ELSE {text} END"
    return f"CASE WHEN {literal} LIKE '!%' THEN 'not: ' ELSE '' END || {bare}"


def _join_purposes(e: _Dialect) -> str:
    """Say what a position is to be had for: the consequents of its preconditions, each once."""
    literal = e.item.format("m.value")
    conditions = e.items.format("s.doc", "under", "u")
    consequents = e.items.format(e.whole.format("p.body"), "consequents", "m")
    found = (
        f"SELECT {literal} AS literal, min(u.key * 1000 + m.key) AS place FROM {conditions} "  # noqa: S608
        f"JOIN preconditions AS p ON p.id = {e.item.format('u.value')} AND p.superseded = {LIVE} "
        f"CROSS JOIN {consequents} GROUP BY {literal}"
    )
    rows = f"{_spell_literal(e, 'f.literal')} AS part, f.place AS place FROM ({found}) AS f"
    return e.listed.format("|", rows)


def _query_agreement(e: _Dialect) -> str:
    """Score each two actors in each session; see `api.analysis.agreement` for the formula.

    Grouped straight over the votes, so that a filter on actors reaches their index: over all pairs
    of the General Assembly it would be a long computation. Two that never both voted in a session
    have no row for it. Votes are joined by proposition alone: that has one conflict, and an engine
    without statistics would sooner look all votes of the conflict through.
    """
    components = e.items.format(e.whole.format("p.body"), "components", "k")
    propositions = e.items.format("k.value", "propositions", "m")
    phase = e.text.format("k.value", "phase")
    own = (
        "(SELECT count(*) FROM roll AS r JOIN vote AS v ON v.proposition = r.proposition "
        "WHERE r.conflict = g.conflict AND r.session = g.session AND v.holder = g.{})"
    )
    return f"""
    WITH roll AS (
      SELECT DISTINCT p.conflict, {e.item.format("m.value")} AS proposition,
        CASE WHEN {phase} LIKE 'session %' THEN substr({phase}, 9)
          ELSE coalesce({phase}, '') END AS session
      FROM proposals AS p CROSS JOIN {components} CROSS JOIN {propositions}
      WHERE p.superseded = {LIVE}),
    vote AS NOT MATERIALIZED (
      SELECT conflict, proposition, holder, force,
        CASE force WHEN 'accept' THEN 1 WHEN 'abstain' THEN 2 WHEN 'reject' THEN 3 END AS place
      FROM positions WHERE superseded = {LIVE} AND attestation = 'recorded_vote'),
    compared AS NOT MATERIALIZED (
      SELECT a.conflict, r.session, a.holder AS actor, b.holder AS other,
        abs(a.place - b.place) AS apart,
        EXISTS (SELECT 1 FROM vote AS o
          WHERE o.proposition = a.proposition AND o.force <> a.force) AS counts
      FROM vote AS a
      JOIN roll AS r ON r.proposition = a.proposition
      JOIN vote AS b ON b.proposition = a.proposition AND b.holder <> a.holder),
    grouped AS NOT MATERIALIZED (
      SELECT conflict, session, actor, other, count(*) AS together,
        sum(CASE WHEN counts AND apart = 0 THEN 1 ELSE 0 END) AS same,
        sum(CASE WHEN counts AND apart = 1 THEN 1 ELSE 0 END) AS partly,
        sum(CASE WHEN counts AND apart = 2 THEN 1 ELSE 0 END) AS opposite,
        sum(CASE WHEN counts THEN 0 ELSE 1 END) AS unanimous
      FROM compared GROUP BY conflict, session, actor, other),
    pair AS NOT MATERIALIZED (
      SELECT g.*, {own.format("actor")} AS of_actor, {own.format("other")} AS of_other,
        (SELECT count(*) FROM roll AS r
          WHERE r.conflict = g.conflict AND r.session = g.session) AS calls
      FROM grouped AS g)
    SELECT actor, {_look_up_label(e, "actors", "actor")} AS actor_label, other,
      {_look_up_label(e, "actors", "other")} AS other_label,
      nullif(session, '') AS "group", nullif(session, '') AS group_label,
      (same + partly / 2.0) / nullif(same + partly + opposite, 0) AS score,
      same + partly + opposite AS both_voted, same, partly, opposite,
      unanimous AS unanimous_dropped, of_actor + of_other - 2 * together AS one_absent,
      calls - of_actor - of_other + together AS both_absent, conflict
    FROM pair
    """  # noqa: S608
