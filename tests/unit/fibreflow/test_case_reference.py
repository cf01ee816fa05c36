"""Where the case reference of a new ticket is looked for."""

import pytest
from qcontact_sync.core.model import RemoteId, RemoteTicket
from qcontact_sync.fibreflow.ticket_uids import _case_reference


@pytest.mark.parametrize(
    ("remote_id", "title", "reference", "found"),
    [
        ("T-1", "No light FT499061", None, "FT499061"),
        ("FT498001", "No light", None, "FT498001"),
        ("21924990061", "No light", "FT499061", "FT499061"),
        # Where QContact has the reference in a place of its own, others may be quoted in the title.
        ("21924990061", "Like FT400000", "FT499061", "FT499061"),
        ("21924990061", "No light", None, None),
        ("21924990061", "No light", "CS-17", None),
    ],
)
def test_a_reference_of_its_own_goes_before_title_and_id(remote_id, title, reference, found):
    ticket = RemoteTicket(RemoteId(remote_id), {"title": title}, reference=reference)
    assert _case_reference(ticket) == found
