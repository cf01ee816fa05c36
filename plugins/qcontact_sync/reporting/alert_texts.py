"""The texts of alerts, by rule: what an alert means, what to do, and what is said at its end."""

from qcontact_sync.reporting.alerts import LOW_RATE, Rule
from qcontact_sync.reporting.wording import STANDINGS

MEANS_OVER = "You need not do anything: later runs process the rest."
DETAILS = {
    Rule.RUN_FAILED: "quarantine",
    Rule.INBOUND_RATE: "quarantine",
    Rule.OUTBOUND_RATE: "quarantine",
    Rule.QUARANTINE_OLD: "quarantine",
    Rule.NEEDS_YOU: "needs_you",
}
DETAILS_TITLE = {"quarantine": "Tickets in quarantine", "needs_you": "Open conflicts"}
MEANING = {
    Rule.RUN_FAILED: "The newest run failed, or all tickets that it tried failed. Nothing is "
    "lost: its completed work is kept, and the next run continues from there.",
    Rule.DATED_RUN_FAILED: "Manual runs with dates, or windows of a backfill, failed within the "
    "last day. The scheduled runs are not affected.",
    Rule.LATE: "A scheduled run must end within 10 minutes of its slot. This run did not: it "
    "waits, takes longer, or never began.",
    Rule.STALE: "No run was complete for more than 12 hours and 30 minutes, and no run "
    "failed: the scheduler is down, the DAG is paused, or no worker is free.",
    Rule.INBOUND_RATE: f"Fewer than {100 * LOW_RATE:g} % of the tickets that the newest run "
    "tried for the first time were synced inbound. The others are in quarantine and are "
    "tried again.",
    Rule.OUTBOUND_RATE: f"Fewer than {100 * LOW_RATE:g} % of the tickets that the newest run "
    "tried for the first time were sent to QContact. The others are in quarantine and are "
    "tried again.",
    Rule.QUARANTINE_OLD: "These tickets have failed for more than a day. Retries alone do not "
    "help.",
    Rule.NEEDS_YOU: "The call centre re-opened tickets that are done in FibreFlow, or both "
    "sides keep reverting each other. The sync writes neither side until you decide.",
    Rule.HELD: f"More changes are {STANDINGS['pending']} than are sent without confirmation. None "
    "is sent until you confirm. Check whether a bulk edit was intended.",
    Rule.DIVERGENCE: "In two samples in a row, tickets differ for no known reason: no run read a "
    "change in QContact, or one of QContact's own fields was changed in FibreFlow. The sync does "
    "nothing about it by itself. Tickets that have differed since they were linked do "
    f"not count, nor do those with the standing '{STANDINGS['pending']}' or '{STANDINGS['waits']}' "
    "(a conflict, quarantine).",
}
FAILURES = "List the failures on the dashboard (Quarantine), or: qcontact-sync failures"
WHY = "To see why, search the ticket on the dashboard, or: qcontact-sync ticket ID"
STEPS = {
    Rule.RUN_FAILED: [
        "The run's page gives the reason, as does the ERROR line of finalize (or of start_run) in "
        "its log.",
        "If that does not help, check both sides: qcontact-sync doctor",
        "After the fix, choose Run now on that page, or: qcontact-sync run",
        "Without that, the next run processes what was missed.",
    ],
    Rule.DATED_RUN_FAILED: [
        "The page of each failed run gives the reason.",
        "Clear them, or run the backfill again with --reprocess-behavior failed.",
    ],
    Rule.LATE: [
        "Check in Airflow whether the run is queued (no worker), waits for another run, or works.",
        "If it makes progress, let it work: its log shows the progress every few seconds.",
    ],
    Rule.STALE: [
        "Check in Airflow that the DAG is not paused, and that scheduler and workers run.",
        "Then choose Start a run on the dashboard: one run processes what all missed runs would "
        "have processed.",
    ],
    Rule.INBOUND_RATE: [FAILURES, WHY],
    Rule.OUTBOUND_RATE: [FAILURES, WHY],
    Rule.QUARANTINE_OLD: [
        FAILURES,
        "Correct the ticket on the named side, or choose Retry, or: qcontact-sync failures retry "
        "ID",
        "To stop the retries until the ticket changes, choose Dismiss, or: qcontact-sync failures "
        "dismiss ID",
    ],
    Rule.NEEDS_YOU: [
        "Decide each on the dashboard (Conflicts): keep FibreFlow's or QContact's value.",
        "Or list them with qcontact-sync conflicts, and decide with qcontact-sync conflicts "
        "resolve ID --keep local (or remote)",
    ],
    Rule.HELD: [
        "See what would be sent on the dashboard (Pending), or: qcontact-sync run --dry-run "
        "--direction outbound",
        "If they are intended, choose Confirm there, or: qcontact-sync run --confirm-outbound",
        "If they are not: revert them in FibreFlow. Tickets that agree again are not pending.",
    ],
    Rule.DIVERGENCE: [
        "The log of the task compare_sample of the monitor DAG names the tickets.",
        "To look for more of them: qcontact-sync compare (on the dashboard: Compare, filter "
        f"'{STANDINGS['differs']}'). It also lists tickets that do not count here.",
        WHY,
        "Write QContact's own fields again: qcontact-sync run --ticket-id ID --force-resync",
    ],
}
OVER = {
    Rule.RUN_FAILED: "runs succeed again",
    Rule.DATED_RUN_FAILED: "no run over past dates has failed within the last day",
    Rule.LATE: "runs finish in time again",
    Rule.STALE: "runs are complete again",
    Rule.INBOUND_RATE: "tickets are synced inbound again",
    Rule.OUTBOUND_RATE: "changes are sent again",
    Rule.QUARANTINE_OLD: "no ticket has failed for more than a day",
    Rule.NEEDS_YOU: "no open conflict is left",
    Rule.HELD: "no changes are held",
    Rule.DIVERGENCE: "the sampled tickets agree again",
}
