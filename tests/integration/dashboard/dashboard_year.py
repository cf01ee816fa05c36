"""A year of invented history: the same seed and instant give the same rows.

What happened in it stands in the capitals below, in days ago, so that it can be looked for.
"""

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

DAYS = 365
TICKETS = 3000
TITLES = ("No light", "Slow in the evening", "Drop cable hangs low", "ONT swap", "Move the ONT")
STATUSES = ("open", "assigned", "in_progress", "pending_qa", "resolved", "closed")
OUTAGE, KEY, FLOOD, SILENT, SLOW, SPOILT = 6, 33, 61, 100, range(150, 165), 2
"""Days ago: QContact in trouble, a key that expired, too much to send, no scheduler, a slow
fortnight, and a day on which tickets failed one by one."""


@dataclass
class Run:
    started_at: datetime
    trigger: str
    status: str = "success"
    duration_s: float = 0.0
    code: str | None = None
    message: str | None = None
    inbound: tuple[int, int, int] = (0, 0, 0)
    outbound: tuple[int, int, int] = (0, 0, 0)

    @property
    def id(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, self.run_id)

    @property
    def run_id(self) -> str:
        return f"{self.trigger}__{self.started_at.isoformat()}"


BEGUN_AT = datetime.now(UTC)
"""Where the tests' year ends: they may last beyond a midnight."""


def fill(dsn: str, now: datetime, seed: int = 1) -> list[Run]:
    """Write the year that ends at ``now``; its runs, oldest first."""
    rng = random.Random(seed)
    runs = list(_runs(now, rng))
    with psycopg.connect(dsn) as connection:
        remote_ids = _tickets(connection, now, rng)
        _history(connection, runs, remote_ids, rng)
        _waiting(connection, runs, remote_ids, now, rng)
        connection.execute("ANALYZE")
    return runs


def _runs(now: datetime, rng: random.Random) -> Iterator[Run]:
    slot = now.replace(hour=now.hour // 6 * 6, minute=0, second=4, microsecond=0)
    slot -= timedelta(days=DAYS)
    while slot < now:
        days_ago = (now.date() - slot.date()).days
        if days_ago != SILENT:
            yield _run(slot, days_ago, rng)
            if rng.random() < 0.03:
                yield _run(slot + timedelta(hours=rng.uniform(1, 5)), days_ago, rng, "manual")
        slot += timedelta(hours=6)


def _run(at: datetime, days_ago: int, rng: random.Random, trigger: str = "scheduled") -> Run:
    busy = 0.4 if at.weekday() > 4 else 1.0
    found, sent = rng.gauss(220 * busy, 40), rng.gauss(40 * busy, 10)
    run = Run(at, trigger, inbound=_counts(found, 0), outbound=_counts(sent, 0))
    run.duration_s = abs(rng.gauss(40, 8)) * (9 if days_ago in SLOW else 1)
    if days_ago == OUTAGE and at.hour >= 6:
        _break(run, "SERVER_ERROR", "QContact answered 503 to GET /tickets for 120 s")
        run.outbound, run.duration_s = _counts(0, 0), 131.0
        run.inbound = _counts(12, 0)
    elif days_ago == KEY:
        _break(run, "AUTHENTICATION_ERROR", "QContact does not accept the API key (401)")
        run.inbound = run.outbound = _counts(0, 0)
        run.duration_s = 0.8
    elif days_ago == FLOOD:
        message = (
            "1204 outbound changes are pending, more than the limit of 600 without confirmation; "
            "check them with a dry run"
        )
        _break(run, "NEEDS_CONFIRMATION", message)
        run.outbound = _counts(0, 0)
    elif days_ago == SPOILT:
        run.status, run.inbound = "partial", _counts(found, 9)
    elif rng.random() < 0.06:
        run.status, run.outbound = "partial", _counts(sent, rng.randint(1, 3))
    return run


def _counts(tried: float, failed: int) -> tuple[int, int, int]:
    tried = max(0, int(tried))
    return tried, failed, tried * 6


def _break(run: Run, code: str, message: str) -> None:
    run.status, run.code, run.message = "failed", code, message


def _tickets(connection: Any, now: datetime, rng: random.Random) -> list[str]:
    remote_ids = []
    tickets, links = [], []
    for number in range(TICKETS):
        ticket, remote_id = str(uuid.UUID(int=rng.getrandbits(128))), str(21_924_300_001 + number)
        status, title = rng.choice(STATUSES), rng.choice(TITLES)
        remote_ids.append(remote_id)
        # The last five have moved since.
        agreed = "open" if number >= TICKETS - 5 else status
        status = "resolved" if number >= TICKETS - 5 else status
        at = now - timedelta(hours=rng.uniform(0, 24 * DAYS))
        uid = f"FT{100_000 + number}"
        tickets.append((ticket, uid, "qcontact", remote_id, title, "maintenance", status))
        base = json.dumps({"status": agreed, "title": title})
        links.append((remote_id, ticket, agreed, base, "0", at))
    _copy(
        connection,
        "tickets (id, ticket_uid, source, external_id, title, ticket_type, status)",
        tickets,
    )
    columns = "remote_id, ticket_id, base_status_local, base_remote, fingerprint, settled_at"
    _copy(connection, f"qcontact_ticket_link ({columns})", links)
    return remote_ids


def _history(connection: Any, runs: list[Run], remote_ids: list[str], rng: random.Random) -> None:
    _copy(
        connection,
        "sync_job_history (id, started_at, completed_at, duration_seconds, status, total_processed,"
        " total_success, total_failed, success_rate, inbound_processed, inbound_success,"
        " inbound_failed, outbound_processed, outbound_success, outbound_failed, error_code,"
        " error_message, sync_options, sync_result)",
        [_history_row(run) for run in runs],
    )
    _copy(
        connection,
        "qcontact_run (job_id, account, dag_id, run_id, trigger, window_start, window_end,"
        " moves_cursor, is_dated, ends_now, options, host, pid, opened_at)",
        [
            (
                *(run.id, "default", "qcontact_sync", run.run_id, run.trigger),
                *(run.started_at - timedelta(hours=6), run.started_at, True, False, False),
                *("{}", "worker", 1, run.started_at),
            )
            for run in runs
        ],
    )
    _copy(
        connection,
        "qcontact_run_direction (job_id, direction, processed, successful, failed, skipped,"
        " created, updated, is_complete, error_code, error_message, started_at, completed_at)",
        [row for run in runs for row in _direction_rows(run)],
    )
    _copy(
        connection,
        "qcontact_run_error (job_id, direction, remote_id, sync_type, error_code, error_message,"
        " recoverable, failed_at)",
        [row for run in runs for row in _error_rows(run, remote_ids, rng)],
    )


def _history_row(run: Run) -> tuple[Any, ...]:
    done, failed = (run.inbound[i] + run.outbound[i] for i in (0, 1))
    sides = [n for d in (run.inbound, run.outbound) for n in (sum(d), d[0], d[1])]
    rate = done / (done + failed) if done + failed else None
    result = {"inbound_stats": {"successful": run.inbound[0]}, "errors": []}
    end = run.started_at + timedelta(seconds=run.duration_s)
    total = sides[0] + sides[3]
    options = {"sync_direction": "both", "ticket_ids": []}
    return (
        *(run.id, run.started_at, end, run.duration_s, run.status, total, done, failed, rate),
        *(*sides, run.code, run.message, json.dumps(options), json.dumps(result)),
    )


def _direction_rows(run: Run) -> Iterator[tuple[Any, ...]]:
    end = run.started_at + timedelta(seconds=run.duration_s)
    broken = "outbound" if run.code == "NEEDS_CONFIRMATION" else "inbound"
    for direction in ("inbound", "outbound"):
        done, failed, skipped = getattr(run, direction)
        is_broken = run.code is not None and direction == broken
        created = done // 4 if direction == "inbound" else 0
        yield (
            *(run.id, direction, done + failed + skipped, done, failed, skipped, created),
            *(done - created, not is_broken, run.code if is_broken else None),
            *(run.message if is_broken else None, run.started_at, end),
        )


def _error_rows(run: Run, remote_ids: list[str], rng: random.Random) -> Iterator[tuple[Any, ...]]:
    for direction in ("inbound", "outbound"):
        code, message = (
            ("VALIDATION_ERROR", "the ticket has no title")
            if direction == "inbound"
            else ("VALIDATION_ERROR", "QContact refused the change of status (422)")
        )
        for remote_id in rng.sample(remote_ids, getattr(run, direction)[1]):
            kind = "status_update"
            yield (run.id, direction, remote_id, kind, code, message, True, run.started_at)


def _waiting(
    connection: Any, runs: list[Run], remote_ids: list[str], now: datetime, rng: random.Random
) -> None:
    last = runs[-1].id
    quarantine = [
        (
            *(remote_id, "inbound" if i % 3 else "outbound", "status_update", code, message),
            *(1 + i % 4, now - timedelta(days=2, minutes=i), now, due, dismissed, last),
        )
        for i, remote_id in enumerate(rng.sample(remote_ids[: TICKETS - 10], 23))
        for code, message, due, dismissed in [
            [
                ("VALIDATION_ERROR", "the ticket has no title", None, None),
                ("DATABASE_ERROR", "PostgreSQL CheckViolation 23514 (table tickets)", now, None),
                ("NETWORK_ERROR", "the connection broke", now + timedelta(hours=3), None),
                ("NOT_FOUND", "QContact does not have it", None, now),
            ][i % 4]
        ]
    ]
    _copy(
        connection,
        "qcontact_quarantine (remote_id, direction, sync_type, error_code, error_message, attempts,"
        " first_failed_at, last_failed_at, next_try_at, dismissed_at, job_id)",
        quarantine,
    )
    ids = dict(
        connection.execute("SELECT remote_id, ticket_id FROM qcontact_ticket_link").fetchall()
    )
    open_ones = [
        (
            *(uuid.UUID(int=rng.getrandbits(128)), remote_id, ids[remote_id]),
            *("status", "needs_you", "closed", "In Progress", None),
            *("re-opened in QContact while ended in FibreFlow", last, now - timedelta(hours=5 + i)),
        )
        for i, remote_id in enumerate(remote_ids[:3])
    ]
    settled = [
        (
            *(uuid.UUID(int=rng.getrandbits(128)), remote_id, ids[remote_id]),
            *("assigned_to", "settled", None, "Naledi Dlamini", "remote", "both moved"),
            *(last, now - timedelta(days=i % 300)),
        )
        for i, remote_id in enumerate(rng.choices(remote_ids, k=400))
    ]
    _copy(
        connection,
        "qcontact_conflict (id, remote_id, ticket_id, field, kind, local_value, remote_value,"
        " loser, reason, job_id, opened_at)",
        settled + open_ones,
    )


def _copy(connection: Any, target: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
