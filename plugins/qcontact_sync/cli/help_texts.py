"""The texts of ``qcontact-sync --help``; a line with a backspace keeps the line breaks below it."""

PROGRAM = """Sync the tickets of QContact and FibreFlow in both directions.

\b
Reads these variables from the environment (it does not read a .env file):
  DATABASE_URL           FibreFlow's database, postgresql://user:password@host:5432/fibreflow
  QCONTACT_API_URL       QContact's base URL
  QCONTACT_API_KEY       its API key
  QCONTACT_DIALECT       entities for a customer tenant, which needs no API key but
                         QCONTACT_EMAIL, QCONTACT_PASSWORD, QCONTACT_QUEUES: docs/tenants.md
  QCONTACT_SYNC_<NAME>   settings, all with defaults: docs/configuration.md
If QCONTACT_SYNC_ACCOUNTS_FILE is set, --account selects the account to which these belong, and
reads that account's settings from the file: docs/accounts.md

\b
Exit status of every command:
  0    done
  1    failed
  2    invalid arguments or settings; nothing was changed
  130  stopped by Ctrl-C
`run` and `compare` also use 3. With `status`, `doctor` and `mapping check`, 1 means that they found
a problem. `<command> --help` and docs/cli.md tell more.
"""

MIGRATE = """Create or upgrade the sync's own tables in DATABASE_URL.

It creates FibreFlow's tables only if they are missing. It is safe to repeat, also at the same time.

\b
Example:
  DATABASE_URL=postgresql://sync@db/fibreflow qcontact-sync migrate
"""

RUN = """Run the sync once, from the end of the last complete run until now.

With dates, it reads exactly that window and does not change where the next run starts. A date
without a zone is UTC. Ctrl-C stops it. Completed work is kept, and the next run continues from
there.

\b
Examples:
  qcontact-sync run --dry-run
  qcontact-sync run --direction inbound
  qcontact-sync run --start-date 2026-11-01 --end-date 2026-11-08T06:00:00+02:00
  qcontact-sync run --ticket-id FT100042 --ticket-id 21924300007

\b
A dry run writes nothing on either side and prints a plan:
  + create         a ticket that FibreFlow does not have
  ~ update         fields of a FibreFlow ticket, with their names
  > send           fields or notes to QContact, with their names
  ! open conflict  fields that changed on both sides and need a decision
Below them, under "would fail", tickets that would go to quarantine.

\b
Exit status:
  0  success
  3  partial: some tickets failed, or the run stopped before its end
  1  failed: a direction failed, or all tickets failed
  2  invalid arguments or settings; nothing was changed
"""

HISTORY = """List the recorded runs, newest first.

\b
Examples:
  qcontact-sync history --limit 5
  qcontact-sync history --status failed --start-date 2026-11-01 --json
"""

LAST = """Show the newest recorded run.

With --json, print one row as in `history --json`, or null if no run is recorded.
"""

STATUS = """Show an overview: the last run, pending changes, quarantine and open conflicts.

Exit status 1 if the sync does not run or a ticket needs a decision, else 0. The first lines name
the reasons. docs/cli.md lists all of them.

\b
Example:
  qcontact-sync status --json
"""

TICKET = """Explain the state of a ticket; nothing is written.

For each field: the last agreed values, the present values in FibreFlow and QContact, what the next
run would do, and why. Then the failures, the open conflicts and the timeline. If QContact cannot be
read, the rest is shown. If several tickets match, they are listed and the exit status is 1.

\b
Examples:
  qcontact-sync ticket FT499061
  qcontact-sync ticket 21924300004 --json
  qcontact-sync ticket dr17

For an unknown id, it prints one sentence and ends with exit status 1.
"""

FAILURES = """List the tickets in quarantine, or decide about them.

Later runs try a failed ticket again, with growing pauses. A refused ticket is not tried again until
it changes.

\b
Examples:
  qcontact-sync failures
  qcontact-sync failures --code NETWORK_ERROR --state due
  qcontact-sync failures retry FT499061
  qcontact-sync failures dismiss 21924300004
"""

RETRY = """Make a ticket due now: the next run tries it.

A note whose delivery is uncertain is sent again.

\b
Examples:
  qcontact-sync failures retry FT499061
  qcontact-sync failures retry --all --code NETWORK_ERROR
"""

DISMISS = """Ignore a failed ticket until it changes.

A note whose delivery is uncertain counts as sent.

\b
Example:
  qcontact-sync failures dismiss FT499061
"""

CONFLICTS = """List fields that changed on both sides, or decide about them.

Open conflicts come first: the sync writes neither side until they are resolved. Those resolved
automatically are for information, with the value that was not kept.

\b
Examples:
  qcontact-sync conflicts
  qcontact-sync conflicts resolve FT499061 --keep local
"""

FORGET = """Remove what the sync keeps of a ticket that was erased in FibreFlow.

Removed: its link and base, conflicts, quarantine, the record of its notes. Its rows in the audit
stay, without their payloads, marked with the time and who asked. Erase the ticket in QContact, too:
the next change there would create it again. Needs the role that owns the tables. If a run is
active, the command waits for its end.

\b
Example:
  qcontact-sync forget 4711
"""

RESOLVE = """Keep the value of one side.

local: the next run sends FibreFlow's value to QContact. remote: QContact's value is written to
FibreFlow now. If a run is active, the command waits for its end.

\b
Example:
  qcontact-sync conflicts resolve FT499061 --keep local
"""

COMPARE = """Compare every ticket with the present state of both sides; nothing is written.

\b
same             the same on both sides
pending          the next run carries the difference over
waits            an open conflict, or in quarantine
differs          the sync does nothing about it: it differed when linked, or was overwritten
only_qcontact    not in FibreFlow, or deleted there
only_fibreflow   gone in QContact, or not in the watched queues any more

It lists what is not the same. --csv writes every ticket to a file, a line per field. A ticket that
changes while the command reads may be shown as pending.

\b
Examples:
  qcontact-sync compare --csv comparison.csv
  qcontact-sync compare --ticket-id FT499061
  qcontact-sync compare resolve FT499061 --keep local --dry-run

\b
Exit status:
  0  every ticket is the same
  3  something is not the same
"""

COMPARE_RESOLVE = """Let one side win for these tickets, for any kind of difference.

local: the next run sends FibreFlow's value to QContact. remote: QContact's value is written to
FibreFlow now. If a run is active, the command waits for its end. Each decision is recorded with
your name. Fields that QContact owns can only be kept as QContact has them.

Instead of ids, --all takes all tickets with this standing, with QContact's values from the last
run: done_here are those that are done in FibreFlow and open in QContact. If more changes are then
pending than QCONTACT_SYNC_MAX_OUTBOUND allows, only a run with --confirm-outbound sends them.

\b
Examples:
  qcontact-sync compare resolve FT499061 21924300004 --keep remote
  qcontact-sync compare resolve --all done_here --keep local --field status --dry-run

\b
Exit status:
  0  everything was decided, or nothing was left to decide
  3  something could not be decided
"""

MAPPING = """Show the rules of this account: which field flows which way, which word becomes which.

The rules of the mapping file (QCONTACT_SYNC_MAPPING_FILE) replace the built-in ones.
Neither FibreFlow nor QContact is read.
"""

MAPPING_CHECK = """Check the mapping file, or a new one, against this database; nothing is written.

With --against-live it counts the linked tickets that would show something else, by field and
transition, and lists words that the mapping does not name. A changed mapping changes nothing by
itself: docs/mapping.md.

\b
Examples:
  qcontact-sync mapping check
  qcontact-sync mapping check --file new.toml --against-live

\b
Exit status:
  0  the mapping can be used
  1  this database refuses something
  2  the file cannot be used; all reasons are listed
"""

DOCTOR = """Check what a run needs, and show what to fix.

Settings, database, schema, rights, QContact and its credentials, both clocks, and Airflow's
connections where AIRFLOW_HOME is set. For a customer tenant, also what differs between tenants.
Exit status 0 if nothing prevents the sync from working (there may be warnings), else 1.
"""

JSON = "Print one JSON document on stdout and nothing else, also for errors."
VERBOSE = "Show the log on stderr, from level INFO."
STARTED_FROM = "Only runs started at or after this, ISO 8601; without a zone it is UTC."
STARTED_BEFORE = "Only runs started before this."
ANY_TICKET_ID = "FibreFlow uuid, ticket_uid or QContact id."
FORGOTTEN_ID = "QContact id, or the uuid that the ticket had in FibreFlow."
TICKET_SEARCH = "FT number, FibreFlow uuid, QContact id, title, DR or ONT number, or a part of one."
ENTRY_ID = "An entry's id, or any id of a ticket: FibreFlow uuid, ticket_uid or QContact id."
MAPPING_NEW_FILE = "A mapping file that is not in use yet; default: the one in use."
AGAINST_LIVE = "Count the linked tickets that would change."
RETRY_ALL = "All tickets in quarantine that match; dismissed ones only with --state dismissed."
ONE_DIRECTION = "Only failures of this direction."
CODE = "Only failures with this error code."
FAILURE_STATE = "Only those due now, due later (pausing), waiting for a change, or dismissed."
CONFLICT_ID = "Any id of the ticket, such as its FT number, or the conflict's id."
FIELD = "The field, if the ticket has several open conflicts."
KEEP = "The side whose value is kept."
CSV = "Write every ticket to this file, as CSV in UTF-8."
ONLY_TICKET = "Only this ticket: FibreFlow uuid, ticket_uid or QContact id. May be repeated."
ONLY_FIELD = "Only this field, for example status. Default: every field that is not the same."
ALL_THAT = "Instead of ids: all tickets with this standing."
CHOICE_DRY_RUN = "Show what would be decided, with both values; write nothing."
ACCOUNT = "The account, by its name in the accounts file (or QCONTACT_SYNC_ACCOUNT)."
