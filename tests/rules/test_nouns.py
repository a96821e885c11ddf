"""The declarations of all ten nouns hold together."""

import pytest

from api.ledger.noun import Kind
from api.ledger.store.tables import facet_kind
from api.ledger.versions.rendering import facet_names
from api.nouns import NOUNS

BY_NAME = {noun.name: noun for noun in NOUNS}
HOUSEKEEPING = {"place", "ordinal", "recorded", "superseded", "seq", "changeset", "body"}

nouns = pytest.mark.parametrize("noun", NOUNS, ids=BY_NAME)


def test_there_are_ten_nouns():
    assert len(BY_NAME) == 10


@nouns
def test_references_lead_from_fields_to_fields(noun):
    for ref in noun.references:
        assert ref.field in noun.fields
        assert set(ref.reads) <= {*BY_NAME[ref.to].fields, "verified_sha256"}


@nouns
def test_every_filter_compares_something(noun):
    found = {*noun.table.c.keys(), *noun.facets, *(ref.facet for ref in noun.references)}
    for each in noun.filters:
        if each.kind is Kind.THROUGH:
            assert each.on in {other.name for other in noun.filters}
        else:
            assert set(each.on.split()) <= found
        if each.kind in (Kind.RANGE, Kind.TEXT, Kind.FLAG):
            assert set(each.on.split()) <= set(noun.table.c.keys())


@nouns
def test_filter_names_are_unique(noun):
    names = [each.name for each in noun.filters]
    assert len(names) == len(set(names))


@nouns
def test_orders_use_columns_that_are_never_null(noun):
    assert all(not noun.table.c[column].nullable for column in noun.sorts.values())


@nouns
def test_every_column_says_what_it_holds(noun):
    own = [c for c in noun.table.c if c.name not in {*HOUSEKEEPING, "id"}]
    assert all(c.comment for c in own)


@nouns
def test_labels_are_fields(noun):
    assert noun.label in noun.fields


def test_no_two_facets_have_the_same_number():
    named = [(noun.name, name) for noun in NOUNS for name in facet_names(noun)]
    assert len({facet_kind(*each) for each in named}) == len(named)
