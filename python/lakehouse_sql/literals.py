"""Values of Python as Spark's SQL has them: neither Spark nor Kyuubi takes parameters apart from the statement."""

import datetime
import decimal
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
