"""What a migration takes away from code that was written before it."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

_COLUMNS = """
SELECT attrelid::regclass::text AS table_name, attname AS name,
       format_type(atttypid, atttypmod) AS type, attnotnull AS is_required,
       atthasdef OR attidentity <> '' AS has_default
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v') AND attnum > 0
  AND NOT attisdropped
"""
_RULES = """
SELECT conrelid::regclass::text AS table_name, pg_get_constraintdef(pg_constraint.oid) AS rule,
       array_agg(attname::text) AS columns
FROM pg_constraint LEFT JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
GROUP BY pg_constraint.oid
UNION ALL
SELECT indrelid::regclass::text,
       regexp_replace(pg_get_indexdef(indexrelid), ' INDEX \\S+ ON ', ' INDEX ON '),
       array_agg(attname::text)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE relnamespace = 'public'::regnamespace AND indisunique
GROUP BY indexrelid
"""

Columns = dict[tuple[str, str], dict[str, Any]]


class Schema:
    """A database's tables as they are now."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(_COLUMNS).fetchall()
        self.columns: Columns = {(row["table_name"], row["name"]): row for row in rows}
        rules = cursor.execute(_RULES).fetchall()
        self.rules = {(row["table_name"], row["rule"]): row["columns"] for row in rules}

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


def taken_away(before: Schema, after: Schema) -> list[str]:
    """What code that knows `before` may do there and may not do in `after`."""
    gone = [f"{table}.{name} is gone" for table, name in before.columns.keys() - after.columns]
    changed = [
        f"{table}.{name} {change}"
        for (table, name), column in after.columns.items()
        if table in before.tables
        for change in _changes(before.columns.get((table, name)), column)
    ]
    rules = [
        f"{table} has a new rule: {rule}"
        for (table, rule), columns in after.rules.items()
        if (table, rule) not in before.rules
        and any((table, column) in before.columns for column in columns)
    ]
    return sorted(gone + changed + rules)


def _changes(old: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    must_be_given = new["is_required"] and not new["has_default"]
    if old is None:
        return ["is new and must be given"] if must_be_given else []
    return [
        change
        for change, is_so in {
            "has another type": old["type"] != new["type"],
            "must not be null any more": new["is_required"] and not old["is_required"],
            "lost its default": old["has_default"] and not new["has_default"],
        }.items()
        if is_so
    ]
