"""Links to a ticket's own page in QContact and FibreFlow."""

import pytest
from qcontact_sync.config.settings import load_settings
from qcontact_sync.config.ticket_links import ticket_link
from qcontact_sync.core.errors import ConfigError

IDS = {"qcontact_id": "17/4", "ticket_id": "0-1", "ticket_uid": None}


@pytest.mark.parametrize(
    ("template", "link"),
    [
        ("https://t.qcontact.com/cases/{qcontact_id}", "https://t.qcontact.com/cases/17%2F4"),
        ("https://ff.test/t?id={ticket_id}&q={qcontact_id}", "https://ff.test/t?id=0-1&q=17%2F4"),
        ("https://ff.test/{ticket_uid}", None),
        (None, None),
    ],
)
def test_a_link_has_the_tickets_ids_and_there_is_none_without_them(template, link):
    assert ticket_link(template, IDS) == link


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("javascript:alert({qcontact_id})", "not an address that begins with https://"),
        ("https://t.qcontact.com/", "must contain one of {qcontact_id}"),
        ("https://t.qcontact.com/{id}", "and no other placeholder"),
    ],
)
def test_a_template_that_cannot_lead_to_a_ticket_is_refused_by_name(monkeypatch, template, reason):
    monkeypatch.setenv("QCONTACT_SYNC_QCONTACT_TICKET_URL", template)

    with pytest.raises(ConfigError) as refused:
        load_settings()

    assert "QCONTACT_SYNC_QCONTACT_TICKET_URL" in str(refused.value)
    assert reason in str(refused.value)
