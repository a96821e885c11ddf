"""A **statement** is a span of a source, attributed: these words, by this speaker, on that day.

Words that people said are given as `exact`. What journalists wrote is identified by offsets and
hash, with a `gist` in an analyst's own words. `verified` says that the span was found in the text.
"""

from api.ledger.noun import Noun
from api.statements import placing, rules, table
from api.statements.schemas import StatementRecordSchema
from api.web.contract.schemas import read_served

STATEMENTS = Noun(
    name="statements",
    singular="statement",
    label="gist",
    **read_served(StatementRecordSchema),
    table=table.STATEMENTS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
    normalise=placing.normalise_draft,
)
