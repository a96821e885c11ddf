"""SQL views for programs that read the database directly: Metabase, Superset, a SQL shell.

`v_positions`, `v_preconditions` and `v_agreement` have the same columns as the flat rows of the
API. They show the live versions of now, for any day; `valid_from_date` and `valid_to_date` say on
which days each holds. A test compares them, row by row, with the CSV of the API.

The views are written once for both engines; `JsonDialect` holds what differs. Labels are looked up
by subqueries, so that a filter on a column of the table still uses its index.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LIVE = 2**53 - 1
"""The value of `superseded` in a live version, at the time of these migrations."""


@dataclass(frozen=True, slots=True)
class JsonDialect:
    """Templates of SQL expressions that read JSON; `{}` stands for the value that is read."""

    whole: str
    """The JSON document of a stored body, which lacks its end; the links by its id are left out."""
    text: str
    """The text at a path of a document."""
    first: str
    """The path of the first item of an array."""
    nested: str
    """The path of a field of an object."""
    typed: str
    """Such a text as a value of a type."""
    items: str
    """A row for each item of the array at a path, with `value` and, in order, `key`."""
    members: str
    """The same for an array that is no part of a document."""
    item: str
    """The text of such an item."""
    listed: str
    """Texts joined in the order of `place`."""
    live: str
    """The live rows `s` of a table, with their document `doc` and the quote to show, `shown`."""
    document: str
    """The name of the document within `live`."""
    instant: str
    """The instant at which the changeset `c` was recorded."""

    def select_live_rows(self, name: str) -> str:
        """Return the subquery `s` of the live rows of positions or preconditions."""
        order = f"coalesce({self.text.format('q.value', 'exact')}, '') = '', q.key"
        quotes = self.items.format(self.document, "quotes", "q")
        whole = self.whole.format("v.body")
        return self.live.format(table=name, whole=whole, quotes=quotes, order=order, live=LIVE)


SQLITE = JsonDialect(
    # Without the cast, SQLite reads a blob as its own binary JSON.
    whole="(rtrim(CAST({} AS TEXT), '}}') || '}}}}')",
    text="json_extract({}, '$.{}')",
    first="{}[0]",
    nested="{}.{}",
    typed="{}",
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

POSTGRESQL = JsonDialect(
    whole="(rtrim(convert_from({}, 'UTF8'), '}}') || '}}}}')::jsonb",
    text="({} #>> '{{{}}}')",
    first="{},0",
    nested="{},{}",
    typed="{}::{}",
    items="jsonb_array_elements({} -> '{}') WITH ORDINALITY AS {}(value, key)",
    members="jsonb_array_elements({}) WITH ORDINALITY AS {}(value, key)",
    item="({} #>> '{{}}')",
    listed="(SELECT string_agg(part, '{}' ORDER BY place) FROM (SELECT {}) AS listed)",
    # OFFSET 0 keeps the planner from parsing the document again for each column.
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
    """Yield the statements that create the views on "sqlite" or "postgresql"."""
    sql = SQLITE if dialect == "sqlite" else POSTGRESQL
    for name, columns in (
        ("positions", _map_position_columns(sql)),
        ("preconditions", _map_precondition_columns(sql)),
    ):
        listed = ", ".join(f"{what} AS {column}" for column, what in columns.items())
        yield (
            f"CREATE VIEW v_{name} AS SELECT {listed} FROM {sql.select_live_rows(name)} "  # noqa: S608
            "JOIN changeset AS c ON c.number = s.changeset"
        )
    yield f"CREATE VIEW v_agreement AS {_query_agreement(sql)}"


def _map_holder_columns(sql: JsonDialect) -> dict[str, str]:
    return {
        "id": "s.id",
        "conflict": "s.conflict",
        "conflict_label": _look_up_label(sql, "conflicts", "s.conflict"),
        "holder": "s.holder",
        "holder_label": _look_up_label(sql, "actors", "s.holder"),
    }


def _map_position_columns(sql: JsonDialect) -> dict[str, str]:
    issue = _read_text(sql, sql.first.format("issues"))
    return {
        **_map_holder_columns(sql),
        "force": "s.force",
        "negated": "s.negated",
        "proposition": "s.proposition",
        "proposition_text": _look_up_label(sql, "propositions", "s.proposition", "text"),
        "issue": issue,
        "issue_label": _look_up_label(sql, "issues", issue),
        "issues": _join_items(sql, "issues"),
        "under": _join_items(sql, "under"),
        "for_text": _join_purposes(sql),
        "responds_to_proposal": _read_text(sql, sql.nested.format("responds_to", "proposal")),
        "responds_to_component": _read_text(sql, sql.nested.format("responds_to", "component")),
        **_map_evidence_columns(sql, "positions"),
    }


def _map_precondition_columns(sql: JsonDialect) -> dict[str, str]:
    return {
        **_map_holder_columns(sql),
        "antecedents_kind": "s.antecedents_kind",
        "antecedents_text": _join_alternatives(
            sql, _spell_literal(sql, sql.item.format("m.value")), " and ", " or "
        ),
        "antecedents": _join_alternatives(sql, sql.item.format("m.value"), "&", "|"),
        "obligors": _join_items(sql, "obligors"),
        "consequents": _join_items(sql, "consequents"),
        "consequents_text": _join_items(sql, "consequents", in_words=True),
        **{name: _read_text(sql, name) for name in ("modality", "timing", "deadline", "scope")},
        "exhaustive": "s.exhaustive",
        "cue": _read_text(sql, "cue"),
        **_map_evidence_columns(sql, "preconditions"),
    }


def _map_evidence_columns(sql: JsonDialect, noun: str) -> Mapping[str, str]:
    first_source = _read_text(sql, sql.first.format("sources"))
    source = f"coalesce({sql.text.format('s.shown', 'source')}, {first_source})"
    start, end = _read_text(sql, "valid_from"), _read_text(sql, "valid_to")
    return {
        "quote": sql.text.format("s.shown", "exact"),
        "gist": sql.text.format("s.shown", "gist"),
        "speaker": "s.speaker",
        "speaker_label": _look_up_label(sql, "actors", "s.speaker"),
        "voice": "s.voice",
        "attestation": "s.attestation",
        "stated_on": _read_text(sql, "stated_on"),
        "attested_on": "s.attested_on",
        "last_attested_on": _read_text(sql, "last_attested_on"),
        "valid_from": start,
        "valid_from_date": f"CASE WHEN {start} IS NOT NULL THEN nullif(s.valid_start, '') END",
        "valid_to": end,
        "valid_to_date": "nullif(s.valid_end, '~')",
        "end_reason": "s.end_reason",
        "rank": "s.rank",
        "coder": "s.coder",
        "source": source,
        "source_title": _look_up_label(sql, "sources", source, "title"),
        "source_url": _look_up_label(sql, "sources", source, "url"),
        "verified": sql.typed.format(sql.text.format("s.shown", "verified"), "boolean"),
        "revision": sql.typed.format(_read_text(sql, "revision"), "bigint"),
        "changeset": "s.changeset",
        "recorded_at": sql.instant,
        "url": f"'/v1/{noun}/' || s.id",
        **{name: _join_items(sql, name) for name in ("derived", "co_holders", "end_evidence")},
    }


def _read_text(sql: JsonDialect, path: str) -> str:
    return sql.text.format("s.doc", path)


def _look_up_label(sql: JsonDialect, noun: str, id: str, field: str = "name") -> str:
    body = sql.whole.format("n.body")
    return (
        f"(SELECT {sql.text.format(body, field)} FROM {noun} AS n "  # noqa: S608
        f"WHERE n.id = {id} AND n.superseded = {LIVE})"
    )


def _join_items(sql: JsonDialect, name: str, *, in_words: bool = False) -> str:
    part = sql.item.format("m.value")
    part = _spell_literal(sql, part) if in_words else part
    rows = f"{part} AS part, m.key AS place FROM {sql.items.format('s.doc', name, 'm')}"
    return sql.listed.format("|", rows)


def _join_alternatives(sql: JsonDialect, part: str, between: str, beside: str) -> str:
    """Join the members of each alternative of the antecedents, then the alternatives."""
    within = f"{part} AS part, m.key AS place FROM {sql.members.format('a.value', 'm')}"
    one = sql.listed.format(between, within)
    rows = f"{one} AS part, a.key AS place FROM {sql.items.format('s.doc', 'antecedents', 'a')}"
    return sql.listed.format(beside, rows)


def _spell_literal(sql: JsonDialect, literal: str) -> str:
    """Write a literal as text without its full stop, as `api.evidence.rows` does."""
    id = f"CASE WHEN {literal} LIKE '!%' THEN substr({literal}, 2) ELSE {literal} END"
    text = f"coalesce({_look_up_label(sql, 'propositions', id, 'text')}, {id})"
    bare = f"CASE WHEN {text} LIKE '%.' THEN substr({text}, 1, length({text}) - 1) ELSE {text} END"
    return f"CASE WHEN {literal} LIKE '!%' THEN 'not: ' ELSE '' END || {bare}"


def _join_purposes(sql: JsonDialect) -> str:
    """Join the consequents of a position's preconditions, each once."""
    literal = sql.item.format("m.value")
    conditions = sql.items.format("s.doc", "under", "u")
    consequents = sql.items.format(sql.whole.format("p.body"), "consequents", "m")
    found = (
        f"SELECT {literal} AS literal, min(u.key * 1000 + m.key) AS place FROM {conditions} "  # noqa: S608
        f"JOIN preconditions AS p ON p.id = {sql.item.format('u.value')} AND p.superseded = {LIVE} "
        f"CROSS JOIN {consequents} GROUP BY {literal}"
    )
    rows = f"{_spell_literal(sql, 'f.literal')} AS part, f.place AS place FROM ({found}) AS f"
    return sql.listed.format("|", rows)


def _query_agreement(sql: JsonDialect) -> str:
    """Score each pair of actors in each session, by the formula of agreement in `api.analysis`.

    The query groups the votes directly, so that a filter on actors uses their index: computing all
    pairs of the General Assembly would take long. A pair has no row for a session in which the two
    never both voted. Votes are joined by proposition alone, because a proposition has one conflict:
    without statistics, an engine would rather scan all votes of the conflict.
    """
    own = (
        "(SELECT count(*) FROM roll AS r JOIN vote AS v ON v.proposition = r.proposition "
        "WHERE r.conflict = g.conflict AND r.session = g.session AND v.holder = g.{})"
    )
    return f"""
    WITH roll AS (
      {_query_roll_calls(sql)}),
    vote AS NOT MATERIALIZED (
      SELECT conflict, proposition, holder, force,
        CASE force WHEN 'accept' THEN 1 WHEN 'abstain' THEN 2 WHEN 'reject' THEN 3 END AS place
      FROM positions WHERE superseded = {LIVE} AND attestation = 'recorded_vote'
        AND rank <> 'deprecated'),
    compared AS NOT MATERIALIZED ({_COMPARED_VOTES}),
    grouped AS NOT MATERIALIZED ({_GROUPED_VOTES}),
    pair AS NOT MATERIALIZED (
      SELECT g.*, {own.format("actor")} AS of_actor, {own.format("other")} AS of_other,
        (SELECT count(*) FROM roll AS r
          WHERE r.conflict = g.conflict AND r.session = g.session) AS calls
      FROM grouped AS g)
    SELECT actor, {_look_up_label(sql, "actors", "actor")} AS actor_label, other,
      {_look_up_label(sql, "actors", "other")} AS other_label,
      nullif(session, '') AS "group", nullif(session, '') AS group_label,
      (same + partly / 2.0) / nullif(same + partly + opposite, 0) AS score,
      same + partly + opposite AS both_voted, same, partly, opposite,
      unanimous AS unanimous_dropped, of_actor + of_other - 2 * together AS one_absent,
      calls - of_actor - of_other + together AS both_absent, conflict
    FROM pair
    """  # noqa: S608


def _query_roll_calls(sql: JsonDialect) -> str:
    components = sql.items.format(sql.whole.format("p.body"), "components", "k")
    propositions = sql.items.format("k.value", "propositions", "m")
    phase = sql.text.format("k.value", "phase")
    return f"""SELECT DISTINCT p.conflict, {sql.item.format("m.value")} AS proposition,
        CASE WHEN {phase} LIKE 'session %' THEN substr({phase}, 9)
          ELSE coalesce({phase}, '') END AS session
      FROM proposals AS p CROSS JOIN {components} CROSS JOIN {propositions}
      WHERE p.superseded = {LIVE}"""  # noqa: S608


_COMPARED_VOTES = """
      SELECT a.conflict, r.session, a.holder AS actor, b.holder AS other,
        abs(a.place - b.place) AS apart,
        EXISTS (SELECT 1 FROM vote AS o
          WHERE o.proposition = a.proposition AND o.force <> a.force) AS counts
      FROM vote AS a
      JOIN roll AS r ON r.proposition = a.proposition
      JOIN vote AS b ON b.proposition = a.proposition AND b.holder <> a.holder"""

_GROUPED_VOTES = """
      SELECT conflict, session, actor, other, count(*) AS together,
        sum(CASE WHEN counts AND apart = 0 THEN 1 ELSE 0 END) AS same,
        sum(CASE WHEN counts AND apart = 1 THEN 1 ELSE 0 END) AS partly,
        sum(CASE WHEN counts AND apart = 2 THEN 1 ELSE 0 END) AS opposite,
        sum(CASE WHEN counts THEN 0 ELSE 1 END) AS unanimous
      FROM compared GROUP BY conflict, session, actor, other"""
