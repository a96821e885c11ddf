"""How SQLite and PostgreSQL word what the views need: JSON, joined texts, instants."""

from dataclasses import dataclass

LIVE = 2**53 - 1
"""The value of `superseded` in a live version, at the time of these migrations."""


@dataclass(frozen=True, slots=True)
class JsonDialect:
    """Templates of SQL expressions that read JSON; `{}` stands for the value that is read."""

    whole: str
    """The JSON document of a stored body, which lacks its last brace."""
    text: str
    """The text at a path of a document."""
    first: str
    """The path of the first item of an array."""
    nested: str
    """The path of a field of an object."""
    flag: str
    number: str
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
        return (
            self.live.replace("{table}", name)
            .replace("{whole}", self.whole.format("v.body"))
            .replace("{quotes}", quotes)
            .replace("{order}", order)
            .replace("{live}", str(LIVE))
        )


SQLITE = JsonDialect(
    # Without the cast, SQLite reads a blob as its own binary JSON.
    whole="(CAST({} AS TEXT) || '}}')",
    text="json_extract({}, '$.{}')",
    first="{}[0]",
    nested="{}.{}",
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

POSTGRESQL = JsonDialect(
    whole="(convert_from({}, 'UTF8') || '}}')::jsonb",
    text="({} #>> '{{{}}}')",
    first="{},0",
    nested="{},{}",
    flag="({} #>> '{{{}}}')::boolean",
    number="({} #>> '{{{}}}')::bigint",
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
