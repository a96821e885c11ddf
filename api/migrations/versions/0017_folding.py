"""Search folds letters that Unicode does not decompose; `v_agreement` skips deprecated votes.

Revision: 0017, after 0016. What is folded already differs in these letters alone, so they are
replaced in it. Texts with none of them are not read.
"""

from collections.abc import Callable

from alembic import op
from sqlalchemy import ColumnElement, bindparam, or_, select, update

from api.ledger.rules import LETTERS
from api.ledger.versions.search_index import document, renew_index
from api.ledger.words import LONGEST_WORD
from api.migrations.views import view_statements
from api.nouns import NOUNS

revision = "0017"
down_revision = "0016"

ROWS_STAY = True

_BATCH = 1_000


def upgrade() -> None:
    for noun in NOUNS:
        if "search" in noun.table.c:
            _change_texts(noun.table.c.place, noun.table.c.search, _replace_letters)
    _change_texts(document.c.place, document.c.words, _replace_in_words)
    renew_index(op.get_bind())
    for name in ("v_positions", "v_preconditions", "v_agreement"):
        op.execute(f"DROP VIEW {name}")
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(statement)


def _replace_letters(text: str) -> str:
    return text.translate(LETTERS)


def _replace_in_words(words: str) -> str:
    return " ".join(word[:LONGEST_WORD] for word in _replace_letters(words).split(" "))


def _change_texts(
    place: ColumnElement[int], column: ColumnElement[str], change: Callable[[str], str]
) -> None:
    run, after = op.get_bind().execute, -1
    query = select(place, column).where(or_(*map(column.contains, map(chr, LETTERS))))
    query = query.where(place > bindparam("after")).order_by(place).limit(_BATCH)
    changed = update(column.table).where(place == bindparam("of"))
    changed = changed.values({column: bindparam("text")})
    while rows := run(query, {"after": after}).all():
        run(changed, [{"of": each, "text": change(text)} for each, text in rows])
        after = rows[-1][0]
