"""Why a setting cannot be used, in the product's own words; never with its value."""

from pydantic_core import ErrorDetails

_REASONS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": (
        "must be a name of letters, digits and _, with a schema and a dot before it if needed"
    ),
    "value_error": "{error}",
}


def reason(error: ErrorDetails) -> str:
    """The reason of one error of a validation."""
    template = _REASONS.get(error["type"], "has a value that cannot be used")
    return template.format(**error.get("ctx", {}))
