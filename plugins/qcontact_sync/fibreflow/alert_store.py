"""Alerts and mails on PostgreSQL: facts for the rules, open alerts, unsent mails."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from qcontact_sync.fibreflow.database import Database
from qcontact_sync.reporting.alerts import (
    LATE_AFTER,
    MIN_SAMPLE,
    OLD_AFTER,
    Alert,
    Detail,
    Facts,
    RateFacts,
    Rule,
    RunFacts,
)
from qcontact_sync.reporting.mail import Mail


class MailParts(Protocol):
    """The two bodies of a mail."""

    @property
    def text(self) -> str:
        """Plain text."""
        ...

    @property
    def html(self) -> str:
        """The same as HTML."""
        ...


class AlertStore:
    """One account's alerts, and the mails of all."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    @asynccontextmanager
    async def deciding(self) -> AsyncIterator["AlertStore"]:
        """A transaction with a lock on this account's alerts."""
        async with self._database.transaction() as database:
            await database.fetch("lock_alerts", {"account": self._account})
            yield self

    async def read_facts(self, now: datetime | None) -> Facts:
        """The input of the rules, as of ``now`` (None: the database's present)."""
        params = {
            "account": self._account,
            "old_after": OLD_AFTER,
            "late_after": LATE_AFTER,
            "min_sample": MIN_SAMPLE,
            "now": now,
        }
        (row,) = await self._database.fetch("read_alert_facts", params)
        return Facts(
            **{
                **row,
                "live": _run(row["live"]),
                "scheduled": _run(row["scheduled"]),
                "inbound": _rate(row["inbound"]),
                "outbound": _rate(row["outbound"]),
            }
        )

    async def read_open(self) -> Sequence[Alert]:
        """The open alerts, oldest first."""
        rows = await self._database.fetch("read_alerts", {"account": self._account})
        return [Alert(**{**row, "rule": Rule(row["rule"])}) for row in rows]

    async def replace_open(self, alerts: Sequence[Alert]) -> None:
        """Make these the account's open alerts; the others are over."""
        plain = msgspec.to_builtins([asdict(alert) for alert in alerts])
        await self._database.fetch(
            "replace_alerts", {"account": self._account, "alerts": Jsonb(plain)}
        )

    async def read_details(self) -> Sequence[Detail]:
        """Quarantine entries by error code and open conflicts by field."""
        rows = await self._database.fetch("read_alert_details")
        return [Detail(**row) for row in rows]

    async def queue(
        self,
        addresses: Sequence[str],
        subject: str,
        parts: MailParts,
        thread: str,
        *,
        is_first: bool,
    ) -> None:
        """Queue a mail to each address.

        Args:
            thread: The same for all mails of one alert, from its beginning to its end.
            is_first: Whether it begins that thread.
        """
        await self._database.fetch(
            "queue_mail",
            {
                "addresses": list(addresses),
                "subject": subject,
                "text_body": parts.text,
                "html_body": parts.html,
                "thread": thread,
                "is_first": is_first,
            },
        )

    async def now(self) -> datetime:
        """The database's clock."""
        (row,) = await self._database.read("read_database_time")
        moment: datetime = row["now"]
        return moment

    @asynccontextmanager
    async def next_mail(
        self, tried_before: datetime, *, to_connection: bool
    ) -> AsyncIterator[Mail | None]:
        """The oldest unsent mail, locked while the block runs; None if there is none.

        Args:
            to_connection: One to an Airflow connection (address ``connection:ID``).

        Call `settle_mail` inside the block.
        """
        async with self._database.transaction() as database:
            params = {"tried_before": tried_before, "to_connection": to_connection}
            rows = await database.fetch("claim_mail", params)
            yield Mail(**rows[0]) if rows else None

    async def settle_mail(self, mail: Mail, problem: str | None) -> None:
        """Record that a mail was sent, or why it could not be sent."""
        await self._database.fetch("settle_mail", {"id": mail.id, "problem": problem})


def _run(found: Mapping[str, Any] | None) -> RunFacts | None:
    if found is None:
        return None
    return RunFacts(
        dag_id=found["dag_id"],
        run_id=found["run_id"],
        status=found["status"],
        opened_at=datetime.fromisoformat(found["opened_at"]),
        completed_at=_moment(found["completed_at"]),
        error_code=found["error_code"],
        error_message=found["error_message"],
        slot=_moment(found["window_end"]),
        job_id=UUID(found["job_id"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _rate(found: Mapping[str, int] | None) -> RateFacts | None:
    return RateFacts(**found) if found else None
