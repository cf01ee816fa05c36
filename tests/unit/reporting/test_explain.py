"""What a person learns about each field of a ticket."""

from dataclasses import replace

import pytest
from qcontact_sync.core.model import ASSIGNED_TO, OWNED_FIELDS, STATUS
from qcontact_sync.reporting.explain import explain, explain_unread

from tests.unit.core.core_values import ANN, NAMELESS, PEOPLE, REVIEW, a_link, a_local, a_remote


def stories_of(link, local, remote, **more):
    return {s.field: s for s in explain(remote, link, local, PEOPLE, REVIEW, **more)}


FROZEN = a_link({STATUS: "closed"}, {STATUS: "Closed"}, frozen=(STATUS,))


@pytest.mark.parametrize(
    ("field", "link", "local", "remote", "more", "expected"),
    [
        pytest.param(
            STATUS,
            a_link(),
            a_local(),
            a_remote(),
            {},
            ("keep", "nothing", "neither side changed"),
            id="still",
        ),
        pytest.param(
            STATUS,
            a_link(),
            a_local(status="assigned"),
            a_remote(),
            {},
            ("send", "FibreFlow's value is sent to QContact", "FibreFlow changed it"),
            id="goes-out",
        ),
        pytest.param(
            STATUS,
            a_link(),
            a_local(status="assigned"),
            a_remote(),
            {"is_quarantined": True},
            ("send", "in quarantine: qcontact-sync failures", "FibreFlow changed it"),
            id="waits-in-quarantine",
        ),
        pytest.param(
            ASSIGNED_TO,
            a_link(),
            a_local(assigned_to=NAMELESS),
            a_remote(),
            {},
            (
                "send",
                "fails",
                "FibreFlow changed it; "
                "the assigned FibreFlow user does not exist or has no full name",
            ),
            id="cannot-be-said-there",
        ),
        pytest.param(
            STATUS,
            a_link(),
            a_local(),
            a_remote(status="Closed"),
            {},
            ("take", "QContact's value is written to FibreFlow", "QContact changed it"),
            id="comes-in",
        ),
        pytest.param(
            STATUS,
            FROZEN,
            a_local(status="closed"),
            a_remote(status="Open"),
            {},
            (
                "freeze",
                "open conflict (needs a decision): qcontact-sync conflicts",
                "open conflict, needs a decision",
            ),
            id="waits-for-a-person",
        ),
        pytest.param(
            "title",
            a_link(),
            a_local(title="Mended"),
            a_remote(title="Mended"),
            {},
            (
                "agree",
                "nothing to write: stored as last agreed value",
                "FibreFlow has this value",
            ),
            id="already-here",
        ),
        pytest.param(
            "zone_id",
            a_link(),
            a_local(),
            a_remote(zone_id="zone four"),
            {},
            (
                "agree",
                "nothing to write: stored as last agreed value",
                "does not fit into FibreFlow",
            ),
            id="does-not-fit",
        ),
    ],
)
def test_a_field_tells_what_comes_next_and_why(field, link, local, remote, more, expected):
    story = stories_of(link, local, remote, **more)[field]
    assert (story.action, story.next, story.reason) == expected


def test_the_sides_are_shown_and_long_texts_only_by_their_length():
    local = a_local(status="assigned", assigned_to=ANN, description="Red light, twice")
    stories = stories_of(a_link(), local, a_remote(description="Red"))
    status, text = stories[STATUS], stories["description"]
    assert (status.base_local, status.base_remote) == ("open", "Open")
    assert (status.local, status.remote) == ("assigned", "Open")
    assert (text.base_local, text.local, text.remote) == (None, "(16 characters)", "(3 characters)")
    assert stories[ASSIGNED_TO].local == ANN


def test_without_qcontact_its_side_is_unknown_and_the_rest_is_told():
    stories = {s.field: s for s in explain_unread(a_link(), a_local(status="assigned"))}
    status = stories[STATUS]
    assert (status.base_local, status.base_remote, status.local) == ("open", "Open", "assigned")
    assert (status.remote, status.action, status.next) == (None, "unknown", "unknown")
    assert status.reason == "QContact could not be read"
    assert list(stories) == [STATUS, ASSIGNED_TO, *OWNED_FIELDS]


def test_without_qcontact_a_field_that_was_never_seen_there_is_left_out():
    link = a_link()
    unseen = {n: v for n, v in link.base.remote.items() if n not in ("zone_id", ASSIGNED_TO)}
    link = replace(link, base=link.base._replace(remote=unseen))
    told_of = {s.field for s in explain_unread(link, a_local())}
    assert ASSIGNED_TO in told_of
    assert "zone_id" not in told_of


def test_a_long_text_is_told_by_its_length_also_where_it_was_agreed():
    story = stories_of(a_link({}, {"description": "Red"}), a_local(), a_remote())["description"]
    assert (story.base_local, story.base_remote) == (None, "(3 characters)")
