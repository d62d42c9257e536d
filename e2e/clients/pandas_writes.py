"""Writes a table and reads it back, as an analyst with pandas does. Prints what the lakehouse has of it, and what ROWS rows take."""

import datetime
import decimal
import json
import os
import time
import uuid

import pandas
import sqlalchemy

url = sqlalchemy.URL.create(
    "lakehouse",
    username=os.environ["USER_NAME"],
    password=os.environ["PASSWORD"],
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    database="e2e",
)
engine = sqlalchemy.create_engine(url)
rows = 2500
frame = pandas.DataFrame(
    {
        "i": range(rows),
        "s": [f"x'{i}\"% größe \\ \n ? 😀" for i in range(rows)],
        "f": [i / 3 for i in range(rows)],
        "b": [i % 2 == 0 for i in range(rows)],
        "t": pandas.date_range("2024-01-01", periods=rows, freq="h"),
        "d": [datetime.date(2024, 1, 1 + i % 28) for i in range(rows)],
        "m": [decimal.Decimal(i) / 100 for i in range(rows)],
        "n": [float("nan") if i % 2 else i for i in range(rows)],
        "nothing": [None] * rows,
    }
)
types = {"m": sqlalchemy.DECIMAL(10, 2), "nothing": sqlalchemy.DateTime}
told = {}
# As pandas does it by itself, and as it does it when it writes the statement.
for name, method in {"select": None, "from_pandas_multi": "multi"}.items():
    frame.to_sql(name, engine, if_exists="replace", index=False, dtype=types, method=method, chunksize=500 if method else None)
    back = pandas.read_sql(f"SELECT * FROM `{name}` ORDER BY i", engine, coerce_float=False)
    pandas.testing.assert_frame_equal(back, frame, check_dtype=False)
told["format"] = pandas.read_sql("DESCRIBE DETAIL `select`", engine)["format"].tolist()
told["tables"] = sorted(set(sqlalchemy.inspect(engine).get_table_names()) & {"select", "from_pandas_multi"})
told["columns"] = {column["name"]: str(column["type"]) for column in sqlalchemy.inspect(engine).get_columns("select")}

many = pandas.concat([frame.drop(columns="nothing")] * (int(os.environ["ROWS"]) // rows), ignore_index=True)
many["i"] = range(len(many))
start = time.monotonic()
many.to_sql("from_pandas_many", engine, if_exists="replace", index=False, dtype=types)
told["written"] = time.monotonic() - start
told["commits"] = pandas.read_sql("DESCRIBE HISTORY from_pandas_many", engine)["operation"].tolist()
told["sum"] = [int(value) for value in pandas.read_sql("SELECT count(*) AS n, sum(i) AS i FROM from_pandas_many", engine).iloc[0]]
told["left"] = [name for name in sqlalchemy.inspect(engine).get_table_names() if name.startswith("rows_")]

# What a driver of Python's is given without pandas: rows whose values are of several types.
odd = [
    (1 << 100, uuid.UUID(int=1), datetime.date(2024, 1, 1), b"\0a"),
    (None, datetime.time(1, 2), datetime.datetime(2024, 1, 1, 3, 4, 5, 6), None),
    (-1, 7, None, b""),
]
with engine.connect() as connection:
    cursor = connection.connection.cursor()
    cursor.execute("CREATE OR REPLACE TABLE odd (i DECIMAL(38, 0), s STRING, t TIMESTAMP, b BINARY)")
    cursor.executemany("INSERT INTO odd VALUES (?, ?, ?, ?)", odd)
    cursor.execute("SELECT * FROM odd ORDER BY t DESC NULLS LAST")
    told["odd"] = [[str(value) for value in row] for row in cursor.fetchall()]
print(json.dumps(told))
