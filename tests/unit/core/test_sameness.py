"""When two values of different systems mean the same."""

import pytest
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.mapping import is_same_person

from tests.unit.core.contract_tables import ENTITIES_STATUS, LOCAL_STATUS, RANKS, TICKETS_STATUS
from tests.unit.core.core_values import ANN, BEN, GONE, NAMELESS, PEOPLE, STRANGER, TWIN_1, TWIN_2

DIALECTS = {
    "tickets": (TICKETS, TICKETS_STATUS),
    "entities": (ENTITIES, ENTITIES_STATUS),
}


def key(word):
    return word.lower().replace("_", "").replace(" ", "").replace("-", "")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("local", RANKS)
@pytest.mark.parametrize("word", LOCAL_STATUS)
def test_statuses_are_the_same_where_either_translates_into_the_other(dialect, local, word):
    words, table = DIALECTS[dialect]
    expected = LOCAL_STATUS[word] == local or key(table[local]) == key(word)
    assert words.is_same_status(local, word) is expected


@pytest.mark.parametrize(
    ("local", "remote", "expected"),
    [
        (None, None, True),
        ("open", None, False),
        (None, "Open", False),
        ("open", "On Hold", False),
        ("on_hold", "On Hold", False),
        ("on_hold", "", False),
    ],
)
def test_missing_and_unknown_statuses_are_the_same_as_nothing_else(local, remote, expected):
    assert TICKETS.is_same_status(local, remote) is expected


@pytest.mark.parametrize(
    ("local", "remote", "expected"),
    [
        pytest.param(ANN, "Ann Example", True, id="one-person"),
        pytest.param(ANN, "Ben Example", False, id="two-people"),
        pytest.param(None, None, True, id="nobody"),
        pytest.param(ANN, None, False, id="only-here"),
        pytest.param(None, "Ann Example", False, id="only-there"),
        pytest.param(TWIN_1, "Sam Twin", True, id="first-of-two-with-a-name"),
        pytest.param(TWIN_2, "Sam Twin", True, id="second-of-two-with-a-name"),
        pytest.param(BEN, "Sam Twin", False, id="neither-of-the-two"),
        pytest.param(None, STRANGER, False, id="stranger-and-nobody"),
        pytest.param(NAMELESS, STRANGER, False, id="nameless-and-stranger"),
        pytest.param(NAMELESS, None, False, id="nameless-and-nobody"),
        pytest.param(GONE, "Ann Example", False, id="deleted-user"),
    ],
)
def test_a_user_and_a_name_are_one_person(local, remote, expected):
    assert is_same_person(local, remote, PEOPLE) is expected
