"""Values of Python as Spark's SQL has them: neither Spark nor Kyuubi takes parameters apart from the statement."""

import base64
import datetime
import decimal
import json
import math
import re
import uuid

from impala.error import ProgrammingError

# A place for a value is one outside of texts, names and comments.
PLACES = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/|(?P<place>\?)""", re.DOTALL)


def bound(statement: str, values) -> str:
    """The statement with a value in each place. Raises ProgrammingError if there are more or fewer."""
    rest = iter(values)
    places = 0

    def put(match: re.Match) -> str:
        nonlocal places
        if not match["place"]:
            return match[0]
        places += 1
        value = next(rest, rest)
        return "" if value is rest else literal(value)

    text = PLACES.sub(put, statement)
    if places != len(values):
        raise ProgrammingError(f"the statement has {places} places for values (?), {len(values)} values are given")
    return text


def literal(value) -> str:
    """Raises ProgrammingError for a value that SQL has no type for."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(int(value))
        case float():
            return f"{float(value)!r}D" if math.isfinite(value) else f"double('{float(value)}')"
        case decimal.Decimal() if value.is_finite():
            return f"{value:f}BD"
        case str() | uuid.UUID():
            return text(str(value))
        case bytes() | bytearray() | memoryview():
            return f"X'{bytes(value).hex()}'"
        case datetime.datetime():
            return f"{'TIMESTAMP' if value.tzinfo is None else 'TIMESTAMP_LTZ'} '{value.isoformat(' ')}'"
        case datetime.date():
            return f"DATE '{value.isoformat()}'"
        case datetime.time():
            return text(value.isoformat())
        case datetime.timedelta():
            return f"make_dt_interval({value.days}, 0, 0, {value.seconds + value.microseconds / 1_000_000:f})"
    raise ProgrammingError(f"{value!r} is of {type(value)}, for which SQL has no literal: convert it to a text, a number or a date")


def text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


# Of values in JSON, by their types in Python.
TYPES = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "STRING",
    uuid.UUID: "STRING",
    bytes: "BINARY",
    decimal.Decimal: "DECIMAL",
    datetime.datetime: "TIMESTAMP",
    datetime.date: "DATE",
    datetime.time: "STRING",
}


def column_type(values) -> str | None:
    """The one type that the values of a column have in JSON, VOID if all are NULL; None if there is no one type for them."""
    some = [value for value in values if value is not None]
    types = {next((TYPES[base] for base in kind.__mro__ if base in TYPES), None) for kind in {type(value) for value in some}}
    if not types:
        return "VOID"
    if types == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    one = types.pop()
    if types or (one == "BIGINT" and not all(-(1 << 63) <= value < 1 << 63 for value in some)):
        return None
    return decimal_type(some) if one == "DECIMAL" else one


def decimal_type(values) -> str | None:
    if not all(value.is_finite() for value in values):
        return None
    scale = max(0, *(-value.as_tuple().exponent for value in values))
    whole = max(0, *(value.adjusted() + 1 for value in values))
    return f"DECIMAL({whole + scale or 1}, {scale})" if whole + scale <= 38 else None


def as_json(value):
    match value:
        case float() if not math.isfinite(value):
            return str(value).replace("inf", "Infinity").replace("nan", "NaN")
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case decimal.Decimal():
            return f"{value:f}"
    return value


def json_rows(rows) -> str:
    """Each row an object of which `c0`, `c1`, … are the values."""
    objects = ({f"c{index}": as_json(value) for index, value in enumerate(row) if value is not None} for row in rows)
    return json.dumps(list(objects), ensure_ascii=False, separators=(",", ":"))
