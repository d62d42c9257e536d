"""Many rows in one statement: as an Arrow stream, which engines read with `arrow_rows`. Spark would plan them for minutes as literals."""

import base64
import datetime
import uuid

import pyarrow

from .literals import literal

# Of a statement, in characters: the gateway takes 16 MiB at most.
LARGEST = 12 * 1024 * 1024

# In bytes before compression, which leaves a third of most rows.
USUAL = 3 * LARGEST * 3 // 4

# Rows of literals, where it must be those.
FEW = 1_000

OPTIONS = pyarrow.ipc.IpcWriteOptions(compression="zstd")


def sources(rows):
    """SQL of queries that have the rows, of each as many as a statement has room for."""
    try:
        columns = [column(values) for values in zip(*rows)]
    except (pyarrow.ArrowException, OverflowError):
        # A column whose values are of several types.
        for start in range(0, len(rows), FEW):
            yield "VALUES " + ", ".join(f"({', '.join(map(literal, row))})" for row in rows[start : start + FEW])
        return
    table = pyarrow.table(columns, names=[f"c{index}" for index in range(len(columns))])
    step = max(1, table.num_rows * USUAL // max(table.nbytes, 1))
    parts = [table.slice(start, step) for start in reversed(range(0, table.num_rows, step))]
    while parts:
        part = parts.pop()
        text = stream(part)
        if len(text) > LARGEST and part.num_rows > 1:
            half = part.num_rows // 2
            parts += [part.slice(half), part.slice(0, half)]
        else:
            yield f"SELECT * FROM arrow_rows('{text}')"


def column(values) -> pyarrow.Array:
    # Texts in SQL, as they are in a statement of one row.
    array = pyarrow.array([str(value) if isinstance(value, (uuid.UUID, datetime.time)) else value for value in values])
    if pyarrow.types.is_timestamp(array.type):
        return array.cast(pyarrow.timestamp("us", array.type.tz), safe=False)
    return array


def stream(table: pyarrow.Table) -> str:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema, options=OPTIONS) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()
