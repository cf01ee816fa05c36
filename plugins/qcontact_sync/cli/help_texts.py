"""The texts of ``qcontact-sync --help``; a line with a lone backspace keeps the lines below it."""

PROGRAM = """Keep the tickets of QContact and FibreFlow in agreement.

\b
Reads from the environment (no .env file is read):
  DATABASE_URL           FibreFlow's database, postgresql://user:password@host:5432/fibreflow
  QCONTACT_API_URL       QContact's base URL
  QCONTACT_API_KEY       its API key
  QCONTACT_DIALECT       entities for a customer tenant, which needs no API key but
                         QCONTACT_EMAIL, QCONTACT_PASSWORD, QCONTACT_QUEUES: docs/tenants.md
  QCONTACT_SYNC_<NAME>   settings, all with defaults: docs/configuration.md
Where QCONTACT_SYNC_ACCOUNTS_FILE is set, --account says whose these are, and takes that account's
settings from the file: docs/accounts.md

\b
Exit status of every command:
  0    done
  1    failed
  2    bad arguments or settings; nothing was touched
  130  stopped by Ctrl-C
`run` also ends with 3: partial. Of `status`, 1 means not healthy. docs/cli.md says more.
"""

MIGRATE = """Create or upgrade the sync's own tables in DATABASE_URL.

FibreFlow's tables are created only where they are missing. Safe to repeat, and to run twice at
once.

\b
Example:
  DATABASE_URL=postgresql://sync@db/fibreflow qcontact-sync migrate
"""

RUN = """Run the sync once, from where the last one ended up to now.

With dates, exactly that window, and the next run starts where it would have started anyway. A date
without a zone is UTC. Ctrl-C stops it; what was settled stays, and the next run goes on from there.

\b
Examples:
  qcontact-sync run --dry-run
  qcontact-sync run --direction inbound
  qcontact-sync run --start-date 2026-11-01 --end-date 2026-11-08T06:00:00+02:00
  qcontact-sync run --ticket-id FT100042 --ticket-id 21924300007

\b
A dry run writes nothing on either side and prints a plan:
  + create    a ticket that FibreFlow does not have
  ~ update    fields of a FibreFlow ticket, named
  > send      fields or notes to QContact, named
  ! needs you fields on which both sides moved apart and a person decides
Below them, under "would fail", what would go to quarantine.

\b
Exit status:
  0  success
  3  partial: some tickets failed, or it stopped before its end
  1  failed: a direction broke, or nothing succeeded
  2  bad arguments or settings; nothing was touched
"""

HISTORY = """List runs on record, newest first.

\b
Examples:
  qcontact-sync history --limit 5
  qcontact-sync history --status failed --start-date 2026-11-01 --json
"""

LAST = """Show the newest run on record.

With --json it is one row as in `history --json`, or null where there is none.
"""

STATUS = """Show the sync at a glance: the last run, and what waits.

Exit status 0 where it is healthy, else 1: the last run failed, none settled for more than two
slots, fewer than 80 % of the attempted tickets succeeded in a week, or a conflict waits for a
person.

\b
Example:
  qcontact-sync status --json
"""

TICKET = """Tell why a ticket is as it is; nothing is written.

Per field what both sides last agreed on, what FibreFlow and QContact hold now, what the next run
would do about it and why; then its failures and its history. Where QContact cannot be read, the
rest is told.

\b
Examples:
  qcontact-sync ticket FT499061
  qcontact-sync ticket 21924300004 --json

An id that nothing has is one sentence and exit status 1.
"""

FAILURES = """List the tickets in quarantine, or decide about them.

A ticket that failed is tried again by later runs, with growing pauses; one that was refused, not
before it changes.

\b
Examples:
  qcontact-sync failures
  qcontact-sync failures retry FT499061
  qcontact-sync failures dismiss 21924300004
"""

RETRY = """Make a ticket due now: the next run tries it.

A note whose arrival nobody could tell is sent again.

\b
Example:
  qcontact-sync failures retry FT499061
"""

DISMISS = """Leave a ticket alone until it changes.

A note whose arrival nobody could tell counts as sent.

\b
Example:
  qcontact-sync failures dismiss FT499061
"""

CONFLICTS = """List fields that moved apart on both sides, or decide.

Those that need you come first: neither side is written until they are resolved. Settled ones are
for information, with the value that lost.

\b
Examples:
  qcontact-sync conflicts
  qcontact-sync conflicts resolve 7b3f2c1e-6f0a-5d6b-9c58-2a1d1f0e4b7a --keep local
"""

RESOLVE = """Let one side win.

local: FibreFlow's value goes out with the next run. remote: QContact's value is written to
FibreFlow now. Waits while a run is at work.

\b
Example:
  qcontact-sync conflicts resolve 7b3f2c1e-6f0a-5d6b-9c58-2a1d1f0e4b7a --keep local
"""

DOCTOR = """Check what a run needs, and say what to fix.

Settings, database, schema, rights, QContact and its credentials, both clocks, and Airflow's
connections where AIRFLOW_HOME is set. For a customer tenant, also what differs between tenants.
Exit status 0 where nothing keeps the sync from working (there may be warnings), else 1.
"""

JSON = "One JSON document on stdout and nothing else there, also for errors."
VERBOSE = "Show the log from INFO on, on stderr."
STARTED_FROM = "Only runs started at or after this, ISO 8601; without a zone it is UTC."
STARTED_BEFORE = "Only runs started before this."
ANY_TICKET_ID = "FibreFlow uuid, ticket_uid or QContact id."
ENTRY_ID = "An entry's id, or any id of a ticket: FibreFlow uuid, ticket_uid or QContact id."
CONFLICT_ID = "The conflict's id, as `conflicts` shows it."
KEEP = "The side whose value stays."
ACCOUNT = "The account of the accounts file that is meant (or QCONTACT_SYNC_ACCOUNT)."
