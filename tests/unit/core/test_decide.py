"""From (base, local, remote) to everything that is to be done to a ticket."""

from dataclasses import replace
from uuid import UUID

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    OWNED_FIELDS,
    STATUS,
    SYNCED_FIELDS,
    KnownTicket,
    LocalId,
    SyncType,
)

from tests.unit.core.core_values import (
    ANN,
    BEN,
    FOLLOW,
    NAMELESS,
    PEOPLE,
    REMOTE_WINS,
    REVIEW,
    SAVED,
    STRANGER,
    a_link,
    a_local,
    a_remote,
    stored,
    without,
)


def decided(remote, pair, policy=REVIEW, *, force=False):
    return decide(remote, pair, PEOPLE, policy, force=force)


def linked(local=None, link=None):
    return KnownTicket(link or a_link(), local or a_local())


def test_decision_digests_the_base_it_is_to_store():
    for pair in (KnownTicket(), linked(), KnownTicket(unlinked=(a_local(),))):
        decision = decided(a_remote(status="Closed", title="New"), pair)
        assert decision.fingerprint == fingerprint(decision.base.remote)


class TestCreate:
    def test_every_synced_column_is_set(self):
        decision = decided(a_remote(status="Assigned", assigned_to="Ann Example"), KnownTicket())
        assert decision.kind is DecisionKind.CREATE
        assert decision.sync_type is SyncType.CREATE
        assert decision.writes == {**SAVED, STATUS: "assigned", ASSIGNED_TO: ANN}

    def test_base_keeps_both_halves(self):
        decision = decided(a_remote(status="Escalated", assigned_to=STRANGER), KnownTicket())
        assert decision.base.local == {STATUS: "in_progress", ASSIGNED_TO: None}
        assert decision.base.remote[STATUS] == "Escalated"
        assert decision.base.remote[ASSIGNED_TO] == STRANGER

    def test_nothing_goes_out_and_nothing_conflicts(self):
        decision = decided(a_remote(status="Weird", assigned_to=STRANGER), KnownTicket())
        assert not decision.sends
        assert not decision.conflicts
        assert not decision.frozen

    def test_unknown_status_is_open_with_a_warning(self):
        decision = decided(a_remote(status="Weird"), KnownTicket())
        assert decision.writes[STATUS] == "open"
        assert any("status" in w for w in decision.warnings)
        assert not any("Weird" in w for w in decision.warnings)

    @pytest.mark.parametrize("name", ["Sam Twin", STRANGER, None], ids=["twins", "stranger", "-"])
    def test_nobody_is_assigned_where_no_single_user_has_the_name(self, name):
        assert decided(a_remote(assigned_to=name), KnownTicket()).writes[ASSIGNED_TO] is None

    def test_what_does_not_fit_is_left_to_the_columns_default_and_named(self):
        decision = decided(a_remote(project_id="none", gps_coordinates="far away"), KnownTicket())
        assert not {"project_id", "gps_coordinates"} & set(decision.writes)
        assert {w.split()[0] for w in decision.warnings} == {"project_id", "gps_coordinates"}

    def test_fields_that_the_answer_left_out_are_not_in_the_base(self):
        decision = decided(without(a_remote(), "priority", "dr_number", ASSIGNED_TO), KnownTicket())
        assert not {"priority", "dr_number", ASSIGNED_TO} & set(decision.base.remote)
        assert decision.writes["priority"] == "normal"

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("Solved", True), ("Closed", True), ("Cancelled", True), ("Reviewed", False)],
    )
    def test_ticket_that_arrives_ended_is_closed(self, status, expected):
        assert decided(a_remote(status=status), KnownTicket()).closes is expected

    def test_warnings_of_decoding_come_along(self):
        remote = a_remote()._replace(warnings=("title: something",))
        assert "title: something" in decided(remote, KnownTicket()).warnings


class TestAdopt:
    def test_two_way_fields_stay_as_they_stand_on_both_sides(self):
        local = a_local(status="qa_approved", assigned_to=BEN)
        decision = decided(
            a_remote(status="Open", assigned_to=STRANGER), KnownTicket(unlinked=(local,))
        )
        assert decision.kind is DecisionKind.ADOPT
        assert not {STATUS, ASSIGNED_TO} & set(decision.writes)
        assert not decision.sends
        assert decision.base.local == {STATUS: "qa_approved", ASSIGNED_TO: BEN}
        assert decision.base.remote == a_remote(status="Open", assigned_to=STRANGER).values

    def test_own_fields_of_qcontact_come_in(self):
        local = a_local(title="Old", dr_number=None)
        decision = decided(a_remote(), KnownTicket(unlinked=(local,)))
        assert decision.writes == {"title": SAVED["title"], "dr_number": SAVED["dr_number"]}

    def test_own_fields_that_the_answer_left_out_stay(self):
        local = a_local(address="2 Side Road")
        decision = decided(without(a_remote(), "address"), KnownTicket(unlinked=(local,)))
        assert decision.writes == {}

    def test_differences_are_settled_conflicts_that_nobody_lost(self):
        local = a_local(status="closed", assigned_to=ANN)
        decision = decided(a_remote(status="Open"), KnownTicket(unlinked=(local,)))
        assert [(c.field, c.local, c.remote) for c in decision.conflicts] == [
            (STATUS, "closed", "Open"),
            (ASSIGNED_TO, ANN, None),
        ]
        assert not any(c.needs_you or c.loser for c in decision.conflicts)
        assert not decision.frozen

    def test_what_merely_maps_differently_is_no_difference(self):
        local = a_local(status="qa_in_progress", assigned_to=ANN)
        remote = a_remote(status="In Review", assigned_to="Ann Example")
        assert not decided(remote, KnownTicket(unlinked=(local,))).conflicts

    def test_a_field_that_the_answer_left_out_is_no_difference(self):
        local = a_local(status="closed", assigned_to=ANN)
        remote = without(a_remote(), STATUS, ASSIGNED_TO)
        assert not decided(remote, KnownTicket(unlinked=(local,))).conflicts

    def test_of_duplicates_the_first_is_linked_and_the_others_are_reported(self):
        rows = [
            replace(a_local(), id=LocalId(UUID(int=n)), ticket_uid=f"FT10000{n}") for n in (1, 2, 3)
        ]
        decision = decided(a_remote(), KnownTicket(unlinked=tuple(rows)))
        assert decision.local is rows[0]
        reported = " ".join(decision.warnings)
        assert "FT100001" not in reported
        assert "FT100002" in reported
        assert "FT100003" in reported

    def test_later_moves_flow(self):
        local = a_local(status="closed")
        pair = stored(
            decided(a_remote(status="Open"), KnownTicket(unlinked=(local,))), KnownTicket()
        )
        moved = replace(pair.local, values={**pair.local.values, STATUS: "in_progress"})
        assert decided(a_remote(status="Open"), replace(pair, local=moved)).sends == {
            STATUS: "in_progress"
        }

    def test_adopted_ticket_neither_opens_nor_closes(self):
        decision = decided(a_remote(status="Closed"), KnownTicket(unlinked=(a_local(),)))
        assert (decision.closes, decision.reopens) == (False, False)


class TestUpdate:
    def test_remote_moves_come_in(self):
        remote = a_remote(status="In Progress", assigned_to="Ben Example", title="New title")
        decision = decided(remote, linked())
        assert decision.kind is DecisionKind.UPDATE
        assert decision.writes == {
            STATUS: "in_progress",
            ASSIGNED_TO: BEN,
            "title": "New title",
        }
        assert decision.base.remote == remote.values
        assert decision.base.local == {STATUS: "in_progress", ASSIGNED_TO: BEN}

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"assigned_to": "Ann Example"}, SyncType.ASSIGNMENT),
            ({"status": "Assigned"}, SyncType.STATUS_UPDATE),
            ({"title": "x"}, SyncType.STATUS_UPDATE),
            ({"assigned_to": "Ann Example", "title": "x"}, SyncType.STATUS_UPDATE),
        ],
    )
    def test_audit_row_is_an_assignment_only_where_nothing_else_moved(self, values, expected):
        assert decided(a_remote(**values), linked()).sync_type is expected

    def test_local_moves_are_not_part_of_the_base_until_they_were_sent(self):
        decision = decided(a_remote(title="New"), linked(a_local(status="assigned")))
        assert decision.writes == {"title": "New"}
        assert decision.sends == {STATUS: "assigned"}
        assert decision.base.local[STATUS] == "open"

    def test_local_moves_alone_change_nothing_here(self):
        decision = decided(a_remote(), linked(a_local(status="assigned", assigned_to=ANN)))
        assert decision.kind is DecisionKind.SKIP
        assert decision.base == a_link().base
        assert decision.sends == {STATUS: "assigned", ASSIGNED_TO: "Ann Example"}

    def test_each_field_is_merged_by_itself(self):
        decision = decided(a_remote(assigned_to="Ann Example"), linked(a_local(status="assigned")))
        assert decision.writes == {ASSIGNED_TO: ANN}
        assert decision.sends == {STATUS: "assigned"}

    def test_loser_of_a_taken_field_is_kept_with_what_it_was(self):
        decision = decided(a_remote(status="Closed"), linked(a_local(status="assigned")))
        (conflict,) = decision.conflicts
        assert (conflict.field, conflict.needs_you, conflict.loser) == (STATUS, False, "local")
        assert (conflict.local, conflict.remote) == ("assigned", "Closed")

    def test_overruled_local_edit_of_an_own_field_is_kept(self):
        decision = decided(a_remote(address="3 New Road"), linked(a_local(address="2 Side Road")))
        (conflict,) = decision.conflicts
        assert (conflict.field, conflict.local, conflict.loser) == (
            "address",
            "2 Side Road",
            "local",
        )

    def test_overruled_remote_edit_is_not_recorded_before_ours_was_sent(self):
        decision = decided(a_remote(status="Assigned"), linked(a_local(status="pending_qa")))
        assert decision.sends == {STATUS: "in_review"}
        assert not decision.conflicts

    def test_local_edit_that_neither_goes_out_nor_stays_agreed_is_kept_as_the_loser(self):
        """QContact's word counts, but nobody here has that name: ours stays here alone."""
        pair = linked(a_local(assigned_to=ANN))
        decision = decided(a_remote(assigned_to=STRANGER), pair, REMOTE_WINS)
        (conflict,) = decision.conflicts
        assert (conflict.field, conflict.local, conflict.remote, conflict.loser) == (
            ASSIGNED_TO,
            ANN,
            STRANGER,
            "local",
        )
        assert not decision.sends
        assert not decided(a_remote(assigned_to=STRANGER), stored(decision, pair)).conflicts

    def test_value_that_cannot_go_out_does_not_keep_anything_from_coming_in(self):
        local = a_local(status="on_hold", assigned_to=NAMELESS)
        decision = decided(a_remote(title="New"), linked(local))
        assert decision.writes == {"title": "New"}
        assert decision.sends == {}

    @pytest.mark.parametrize("name", SYNCED_FIELDS)
    def test_field_that_the_answer_left_out_is_never_cleared(self, name):
        local = a_local(status="in_progress", assigned_to=ANN, zone_id=SAVED["project_id"])
        link = a_link(
            local={STATUS: "in_progress", ASSIGNED_TO: ANN},
            remote={
                STATUS: "In Progress",
                ASSIGNED_TO: "Ann Example",
                "zone_id": SAVED["project_id"],
            },
        )
        remote = without(a_remote()._replace(values=dict(link.base.remote)), name)
        decision = decided(remote, KnownTicket(link, local), force=True)
        assert decision.kind is DecisionKind.SKIP
        assert decision.base == link.base

    @pytest.mark.parametrize("name", OWNED_FIELDS)
    def test_null_clears_an_own_field(self, name):
        empty = {"priority": "normal", "ticket_type": "maintenance"}.get(name)
        filled = {"zone_id": SAVED["project_id"]}
        pair = KnownTicket(a_link(remote=filled), a_local(**filled))
        decision = decided(a_remote(**{**filled, name: None}), pair)
        assert decision.writes == {name: empty}

    def test_cut_text_is_written_and_warned_of_once(self):
        long = "x" * (TICKETS.max_length("title") + 1)
        first = decided(a_remote(title=long), linked())
        assert any("title" in w for w in first.warnings)
        second = decided(a_remote(title=long), stored(first, linked()))
        assert second.kind is DecisionKind.SKIP
        assert not second.warnings

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("Open", "Solved", (True, False)),
            ("Open", "Closed", (True, False)),
            ("Solved", "Closed", (True, False)),
            ("Open", "Assigned", (False, False)),
            ("Reviewed", "Open", (False, False)),
        ],
    )
    def test_closes_where_a_terminal_status_comes_in(self, before, after, expected):
        pair = stored(decided(a_remote(status=before), KnownTicket()), KnownTicket())
        decision = decided(a_remote(status=after), pair)
        assert (decision.closes, decision.reopens) == expected

    def test_other_writes_to_an_ended_ticket_neither_close_nor_reopen_it(self):
        pair = stored(decided(a_remote(status="Closed"), KnownTicket()), KnownTicket())
        decision = decided(a_remote(status="Closed", title="New"), pair)
        assert (decision.closes, decision.reopens) == (False, False)


class TestRelinkAndSkip:
    def test_unchanged_ticket_is_skipped(self):
        decision = decided(a_remote(), linked())
        assert decision.kind is DecisionKind.SKIP
        assert not decision.writes
        assert not decision.sends
        assert decision.fingerprint == a_link().fingerprint

    def test_other_spelling_of_the_status_is_skipped(self):
        assert decided(a_remote(status="OPEN"), linked()).kind is DecisionKind.SKIP

    def test_both_moved_to_the_same_only_moves_the_base(self):
        decision = decided(a_remote(status="Assigned"), linked(a_local(status="assigned")))
        assert decision.kind is DecisionKind.RELINK
        assert not decision.writes
        assert decision.base.local[STATUS] == "assigned"
        assert decision.base.remote[STATUS] == "Assigned"

    def test_unknown_status_only_moves_the_base_with_a_warning(self):
        decision = decided(a_remote(status="Weird"), linked(a_local(status="open")))
        assert decision.kind is DecisionKind.RELINK
        assert any("status" in w for w in decision.warnings)

    def test_unknown_name_only_moves_the_base(self):
        decision = decided(a_remote(assigned_to=STRANGER), linked())
        assert decision.kind is DecisionKind.RELINK
        assert decision.base.remote[ASSIGNED_TO] == STRANGER

    def test_local_edit_of_an_own_field_stays_until_qcontact_moves_it(self):
        assert decided(a_remote(), linked(a_local(title="Mine"))).kind is DecisionKind.SKIP

    def test_row_deleted_here_is_left_deleted(self):
        link = a_link()
        decision = decided(
            a_remote(status="Closed", title="New"), KnownTicket(link, None), force=True
        )
        assert (decision.kind, decision.remote.id) == (DecisionKind.SKIP, a_remote().id)
        assert decision.base == link.base
        assert decision.fingerprint == link.fingerprint
        assert decision.warnings == ("deleted in FibreFlow",)
        assert not decision.writes
        assert not decision.sends


class TestForce:
    def test_own_fields_are_repaired(self):
        local = a_local(title="Mine", dr_number=None)
        decision = decided(a_remote(), linked(local), force=True)
        assert decision.writes == {"title": SAVED["title"], "dr_number": SAVED["dr_number"]}
        assert {c.field for c in decision.conflicts} == {"title", "dr_number"}

    def test_two_way_fields_are_merged_as_ever(self):
        decision = decided(a_remote(), linked(a_local(status="assigned")), force=True)
        assert not decision.writes
        assert decision.sends == {STATUS: "assigned"}

    def test_what_is_as_it_should_be_is_skipped(self):
        assert decided(a_remote(), linked(), force=True).kind is DecisionKind.SKIP

    def test_repair_is_not_repeated(self):
        pair = linked(a_local(title="Mine", priority="low"))
        repaired = stored(decided(a_remote(), pair, force=True), pair)
        assert decided(a_remote(), repaired, force=True).kind is DecisionKind.SKIP


class TestFrozen:
    """Ended here, re-opened there: neither side is written until somebody decides."""

    pair = KnownTicket(a_link({STATUS: "closed"}, {STATUS: "Closed"}), a_local(status="closed"))
    reopened = a_remote(status="Open")

    def frozen(self):
        return stored(decided(self.reopened, self.pair), self.pair)

    def test_it_is_one_conflict_that_needs_you(self):
        decision = decided(self.reopened, self.pair)
        (conflict,) = decision.conflicts
        assert (conflict.field, conflict.needs_you, conflict.loser) == (STATUS, True, None)
        assert (conflict.local, conflict.remote) == ("closed", "Open")
        assert decision.frozen == (STATUS,)
        assert decision.kind is DecisionKind.RELINK
        assert not decision.writes
        assert not decision.sends
        assert decision.base == self.pair.link.base

    def test_it_is_reported_once(self):
        again = decided(self.reopened, self.frozen())
        assert again.kind is DecisionKind.SKIP
        assert not again.conflicts
        assert again.frozen == (STATUS,)

    def test_other_fields_go_on(self):
        pair = self.frozen()
        pair = replace(
            pair, local=replace(pair.local, values={**pair.local.values, ASSIGNED_TO: ANN})
        )
        decision = decided(a_remote(status="Open", title="New"), pair)
        assert decision.writes == {"title": "New"}
        assert decision.sends == {ASSIGNED_TO: "Ann Example"}
        assert decision.frozen == (STATUS,)

    @pytest.mark.parametrize("status", ["Open", "Assigned", "In Review", "Cancelled", "Solved"])
    @pytest.mark.parametrize("local", ["closed", "cancelled", "in_progress", "on_hold"])
    def test_neither_side_is_written_whatever_they_move_to(self, status, local):
        pair = self.frozen()
        pair = replace(pair, local=a_local(status=local))
        decision = decided(a_remote(status=status), pair)
        assert STATUS not in decision.writes
        assert STATUS not in decision.sends

    @pytest.mark.parametrize(
        ("local", "remote"),
        [
            pytest.param("closed", "Closed", id="qcontact-went-back"),
            pytest.param("open", "Open", id="fibreflow-followed"),
            pytest.param("in_progress", "Escalated", id="both-to-the-same"),
            pytest.param("cancelled", "Cancelled", id="both-to-another-end"),
        ],
    )
    def test_agreement_ends_it(self, local, remote):
        pair = replace(self.frozen(), local=a_local(status=local))
        decision = decided(a_remote(status=remote), pair)
        assert decision.agreed == (STATUS,)
        assert decision.frozen == ()
        assert decision.kind is DecisionKind.RELINK
        after = decided(a_remote(status=remote), stored(decision, pair))
        assert after.kind is DecisionKind.SKIP
        assert not after.agreed

    @pytest.mark.parametrize("remote", ["Weird", None])
    def test_a_word_that_means_nothing_here_is_no_agreement(self, remote):
        decision = decided(a_remote(status=remote), self.frozen())
        assert decision.frozen == (STATUS,)
        assert not decision.agreed

    def test_a_name_that_nobody_has_here_is_no_agreement(self):
        pair = KnownTicket(a_link(frozen=(ASSIGNED_TO,)), a_local())
        decision = decided(a_remote(assigned_to=STRANGER), pair)
        assert decision.frozen == (ASSIGNED_TO,)
        assert not decision.agreed

    def test_follow_ends_it(self):
        decision = decided(self.reopened, self.frozen(), FOLLOW)
        assert decision.writes == {STATUS: "open"}
        assert decision.agreed == (STATUS,)
        assert decision.frozen == ()
        assert decision.reopens
        assert not decision.closes

    def test_follow_does_not_end_what_is_frozen_for_another_reason(self):
        pair = KnownTicket(a_link(frozen=(ASSIGNED_TO,)), a_local())
        decision = decided(a_remote(assigned_to="Ann Example"), pair, FOLLOW)
        assert decision.frozen == (ASSIGNED_TO,)
        assert not decision.writes

    def test_ended_here_a_moment_ago_is_frozen_too(self):
        decision = decided(a_remote(status="In Progress"), linked(a_local(status="closed")))
        assert decision.frozen == (STATUS,)
        assert not decision.sends

    def test_follow_keeps_the_end_that_it_overrules(self):
        decision = decided(a_remote(status="In Progress"), linked(a_local(status="closed")), FOLLOW)
        assert decision.writes == {STATUS: "in_progress"}
        assert [(c.local, c.loser) for c in decision.conflicts] == [("closed", "local")]

    def test_row_deleted_here_stays_frozen_without_ado(self):
        pair = replace(self.frozen(), local=None)
        assert decided(self.reopened, pair).kind is DecisionKind.SKIP


class TestReceived:
    """What was received is remembered with a base that is what it says."""

    def received(self, pair, **values):
        remote = a_remote(**values)._replace(digest="d")
        return decide(remote, pair, PEOPLE, REVIEW, version=fingerprint(remote.values))

    @pytest.mark.parametrize("pair", [KnownTicket(), linked(), KnownTicket(unlinked=(a_local(),))])
    def test_a_base_that_is_what_was_received_keeps_its_digest(self, pair):
        assert self.received(pair, title="New").digest == "d"

    def test_a_base_that_differs_keeps_no_digest(self):
        decision = self.received(
            linked(a_local(status="pending_qa")), status="Assigned", title="New"
        )
        assert decision.kind is DecisionKind.UPDATE
        assert decision.sends
        assert decision.digest == ""
