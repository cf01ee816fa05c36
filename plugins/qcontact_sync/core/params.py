"""The params of a run: the one table behind form, endpoint, command line and strict reading."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

SyncDirection = Literal["both", "inbound", "outbound"]
SYNC_DIRECTIONS: tuple[SyncDirection, ...] = get_args(SyncDirection)


class ParamKind(StrEnum):
    """What a param's value is."""

    DIRECTION = "direction"
    MOMENT = "moment"
    IDS = "ids"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class RunParam:
    """One param.

    Attributes:
        title, description: In Airflow's form.
        help: On the command line.
    """

    name: str
    kind: ParamKind
    title: str
    description: str
    help: str


RUN_PARAMS = (
    RunParam(
        "sync_direction",
        ParamKind.DIRECTION,
        "Direction",
        "Inbound is QContact to FibreFlow, outbound FibreFlow to QContact.",
        "Inbound is QContact to FibreFlow, outbound FibreFlow to QContact.",
    ),
    RunParam(
        "start_date",
        ParamKind.MOMENT,
        "Changed from",
        "Read what changed in QContact since then. Empty: since the last complete run or, if "
        "only an end is given, from the beginning. The logical date and data interval above have "
        "no effect. In a backfill leave both empty: its windows are its dates.",
        "Start of the window, ISO 8601, included; without a zone it is UTC.",
    ),
    RunParam(
        "end_date",
        ParamKind.MOMENT,
        "Changed until",
        "Empty: until now. A run with dates does not move the point where the next one starts, "
        "and sends only tickets that FibreFlow changed between them.",
        "End of the window, not included; a future end becomes now.",
    ),
    RunParam(
        "ticket_ids",
        ParamKind.IDS,
        "Only these tickets",
        "One id per line: FT number, FibreFlow id or QContact id. Empty: all.",
        "Only this ticket: FibreFlow uuid, ticket_uid or QContact id. May be repeated.",
    ),
    RunParam(
        "dry_run",
        ParamKind.SWITCH,
        "Dry run",
        "Show what a run would do, and write nothing on either side.",
        "Print what a run would do, and write nothing on either side.",
    ),
    RunParam(
        "force_resync",
        ParamKind.SWITCH,
        "Force resync",
        "Write QContact's own fields to FibreFlow again, even if QContact did not change them. "
        "This repairs fields that were overwritten in FibreFlow.",
        "Write QContact's own fields to FibreFlow even if QContact did not change them.",
    ),
    RunParam(
        "confirm_outbound",
        ParamKind.SWITCH,
        "Confirm outbound",
        "Send even if more changes are pending than are sent without confirmation.",
        "Send even if more changes are pending than MAX_OUTBOUND allows.",
    ),
)
PARAM_NAMES = tuple(param.name for param in RUN_PARAMS)
HELP = {param.name: param.help for param in RUN_PARAMS}
