"""The connection type `qcontact` and its form, as data.

Every Airflow process loads this at start-up, so it imports nothing.
"""


def get_provider_info() -> dict[str, object]:
    """The value of Airflow's provider entry point."""
    return {
        "package-name": "qcontact-sync",
        "name": "QContact",
        "description": "Two-way ticket sync between QContact and FibreFlow.",
        "connection-types": [_QCONTACT],
    }


def _number(label: str, description: str, kind: str, **limits: float) -> dict[str, object]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": [kind, "null"], "default": None, **limits},
    }


# Limits are those of `settings.Settings`, which checks them again; a test holds the two together.
_QCONTACT = {
    "connection-type": "qcontact",
    "hook-name": "QContact",
    "hook-class-name": "qcontact_sync.on_airflow.hook.QContactHook",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {
            "host": "Base URL",
            "login": "E-mail address (dialect entities)",
            "password": "API key, password or token",
        },
        "placeholders": {
            "host": "https://TENANT.qcontact.com, or https://api.qcontact.com",
            "login": "the sync's own user; dialect tickets does not use it",
            "password": "tickets: the API key; entities: the password, or a ready token",
        },
    },
    "conn-fields": {
        "dialect": {
            "label": "Dialect",
            "description": "Which QContact API answers at the base URL: tickets, or entities "
            "(customer tenants, https://TENANT.qcontact.com).",
            "schema": {"type": "string", "enum": ["tickets", "entities"], "default": "tickets"},
        },
        "queues": {
            "label": "Queues",
            "description": "Dialect entities: ids of the assignees whose cases are synced, comma "
            "separated. Empty: all cases that the user can see.",
            "schema": {"type": ["string", "null"], "default": None},
        },
        "client": {
            "label": "Client of a ready token",
            "description": "Dialect entities: fill this in if the password above is a ready access "
            "token; the token is then used as it is and never signed out.",
            "schema": {"type": ["string", "null"], "default": None},
        },
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
