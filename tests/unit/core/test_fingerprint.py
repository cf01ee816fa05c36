"""A digest recognises an unchanged ticket, and nothing else passes for it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.model import STATUS, SYNCED_FIELDS
from qcontact_sync.core.rules import status_key

from tests.unit.core.core_values import SAVED

VALUES = {"status": "In Progress", "assigned_to": "Ann Example", **SAVED, "zone_id": "z"}
texts = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
halves = st.dictionaries(st.sampled_from(SYNCED_FIELDS), texts)


@pytest.mark.parametrize("name", SYNCED_FIELDS)
def test_every_field_counts_and_absent_null_and_text_differ(name):
    rest = {k: v for k, v in VALUES.items() if k != name}
    versions = [rest, {**rest, name: None}, VALUES, {**rest, name: "other"}]
    assert len({fingerprint(values) for values in versions}) == len(versions)


@pytest.mark.parametrize("word", ["in_progress", "InProgress", "IN-PROGRESS", "in progress"])
def test_spellings_of_one_status_digest_alike(word):
    assert fingerprint({**VALUES, STATUS: word}) == fingerprint(VALUES)


@pytest.mark.parametrize("word", ["ann example", "Ann  Example"])
def test_other_fields_count_to_the_letter(word):
    assert fingerprint({**VALUES, "assigned_to": word}) != fingerprint(VALUES)


def test_order_of_the_fields_makes_no_difference():
    assert fingerprint(dict(reversed(VALUES.items()))) == fingerprint(VALUES)


def test_columns_that_a_mapping_adds_count_in_any_order():
    more = {"client_name": "x", "access": "y"}
    reversed_ = dict(reversed(more.items()))
    assert fingerprint({**VALUES, **more}) == fingerprint({**VALUES, **reversed_})
    versions = [
        {},
        more,
        {"client_name": "y", "access": "x"},
        {"client_name": "x"},
        {"access": "x"},
    ]
    assert len({fingerprint({**VALUES, **extra}) for extra in versions}) == len(versions)


def test_a_value_that_moves_to_the_neighbouring_field_is_seen():
    pairs = itertools.pairwise(SYNCED_FIELDS)
    prints = [fingerprint({a: "x"}) for a, _ in pairs] + [fingerprint({SYNCED_FIELDS[-1]: "x"})]
    assert len(set(prints)) == len(SYNCED_FIELDS)


def test_digest_is_the_same_in_every_process():
    """It is stored: a digest that depended on a hash seed would make every ticket look changed."""
    assert fingerprint(VALUES) == "9f1afcc884310a18951f94a7bc3066c6"


def seen(values):
    return {k: status_key(v) if k == STATUS and v is not None else v for k, v in values.items()}


@given(halves, halves)
def test_equal_digests_mean_equal_values(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (seen(one) == seen(other))
