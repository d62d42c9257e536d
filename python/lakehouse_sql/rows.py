"""Many rows as Arrow streams, which engines read with `arrow_rows`. Spark would plan them for minutes as literals."""

import base64
import datetime
import decimal
import uuid

import pyarrow

# Of a stream in base64: the gateway takes statements of 16 MiB at most.
LARGEST = 12 * 1024 * 1024

# In bytes before compression, which leaves a third of most rows.
USUAL = 3 * LARGEST * 3 // 4

OPTIONS = pyarrow.ipc.IpcWriteOptions(compression="zstd")


def table(rows) -> pyarrow.Table:
    columns = [column(values) for values in zip(*rows)]
    return pyarrow.table(columns, names=[f"c{index}" for index in range(len(columns))])


def column(values) -> pyarrow.Array:
    kinds = set(map(type, values))
    # Texts in SQL, as they are in a statement of one row.
    if any(issubclass(kind, (uuid.UUID, datetime.time)) for kind in kinds):
        return texts(values)
    # Arrow would take times for days if the first of them is a day.
    if len({issubclass(kind, datetime.datetime) for kind in kinds if issubclass(kind, datetime.date)}) == 2:
        values = [datetime.datetime(value.year, value.month, value.day) if type(value) is datetime.date else value for value in values]
    try:
        array = pyarrow.array(values)
    except OverflowError:
        return pyarrow.array([None if value is None else decimal.Decimal(value) for value in values])
    except pyarrow.ArrowException:
        # Values of several types.
        return texts(values)
    if pyarrow.types.is_timestamp(array.type):
        return array.cast(pyarrow.timestamp("us", array.type.tz), safe=False)
    return array


def texts(values) -> pyarrow.Array:
    return pyarrow.array([None if value is None else str(value) for value in values])


def streams(table: pyarrow.Table):
    """In base64, each of as many rows as a statement has room for."""
    step = max(1, table.num_rows * USUAL // max(table.nbytes, 1))
    parts = [table.slice(start, step) for start in reversed(range(0, table.num_rows, step))]
    while parts:
        part = parts.pop()
        text = stream(part)
        if len(text) > LARGEST and part.num_rows > 1:
            half = part.num_rows // 2
            parts += [part.slice(half), part.slice(0, half)]
        else:
            yield text


def stream(table: pyarrow.Table) -> str:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema, options=OPTIONS) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()
