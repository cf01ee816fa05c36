"""Who decides, as it is stored beside the decision."""

import os
import pwd

from qcontact_sync.core.canon import printable

LONGEST = 200


def person(named: str | None) -> str:
    """A name on one line; of none the user that this process runs as.

    The user is looked up by its number: variables such as USER say whatever one likes.
    """
    return printable(named or _own_user()).strip()[:LONGEST] or "unknown"


def _own_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
