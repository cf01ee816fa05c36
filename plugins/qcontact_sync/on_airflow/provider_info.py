"""The connection type `qcontact` and its form, as data.

Every Airflow process loads this at start-up, so it imports nothing.
"""


def get_provider_info() -> dict[str, object]:
    """The value of Airflow's provider entry point."""
    return {
        "package-name": "qcontact-sync",
        "name": "QContact",
        "description": "Two-way ticket sync between QContact and FibreFlow.",
        "connection-types": [QCONTACT],
    }


def _number(label: str, description: str, kind: str, **limits: float) -> dict[str, object]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": [kind, "null"], "default": None, **limits},
    }


def _text(label: str, description: str) -> dict[str, object]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": ["string", "null"], "default": None},
    }


# Limits are those of `settings.Settings`, which checks them again; a test holds the two together.
QCONTACT = {
    "connection-type": "qcontact",
    "hook-name": "QContact",
    "hook-class-name": "qcontact_sync.on_airflow.hook.QContactHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {
            "host": "Base URL",
            "login": "E-mail address (only entities)",
            "password": "API key (tickets), or password or token (entities)",
        },
        "placeholders": {
            "host": "tickets: https://api.qcontact.com; entities: https://TENANT.qcontact.com",
            "login": "entities: of the sync's own user; tickets: ignored",
            "password": "tickets: the API key; entities: the user's password, or a ready token",
        },
    },
    "conn-fields": {
        "dialect": {
            "label": "Dialect",
            "description": "The API at the base URL. tickets: needs the base URL and the API key; "
            "e-mail address, queues and client are ignored. entities (customer tenants): needs the "
            "base URL, an e-mail address and a password; set the queues, too.",
            "schema": {"type": "string", "enum": ["tickets", "entities"], "default": "tickets"},
        },
        "queues": _text(
            "Queues (only entities)",
            "Ids of the assignees whose cases are synced, comma separated. Empty: all cases that "
            "the user can see. Dialect tickets ignores this field.",
        ),
        "client": _text(
            "Client of a ready token (only entities)",
            "Fill this in only if the password above is a ready access token: the token's client. "
            "The sync then never signs in or out. Dialect tickets ignores this field.",
        ),
        "page_size": _number(
            "Page size",
            "Tickets per requested page; 100 is always accepted. Empty: QCONTACT_SYNC_PAGE_SIZE.",
            "integer",
            minimum=1,
            maximum=1_000,
        ),
        "connections": _number(
            "Connections",
            "Maximum number of simultaneous requests. Empty: QCONTACT_SYNC_CONNECTIONS.",
            "integer",
            minimum=1,
            maximum=64,
        ),
        "rate_per_s": _number(
            "Requests per second",
            "Limit for all connections together. Empty: QCONTACT_SYNC_RATE_PER_S (no limit).",
            "number",
            exclusiveMinimum=0,
        ),
        "timeout_s": _number(
            "Timeout in seconds",
            "Timeout of one request. Empty: QCONTACT_SYNC_TIMEOUT_S.",
            "number",
            exclusiveMinimum=0,
            maximum=300,
        ),
    },
}
