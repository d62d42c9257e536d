"""Writes a table and reads it back, as an analyst with pandas does: prints what differs, its format, and how long a million rows take there and back."""

import datetime
import decimal
import os
import time

import pandas
import sqlalchemy

url = sqlalchemy.URL.create(
    "lakehouse",
    username=os.environ["USER_NAME"],
    password=os.environ["PASSWORD"],
    host=os.environ.get("HOST", "127.0.0.1"),
    port=int(os.environ["PORT"]),
    database="e2e",
    query={"ca": os.environ["CA"]} if os.environ.get("CA") else {},
)
engine = sqlalchemy.create_engine(url)
rows = 2500
frame = pandas.DataFrame(
    {
        "i": range(rows),
        "s": [f"x'{i}\"% größe \\ \n ?" for i in range(rows)],
        "f": [i / 3 for i in range(rows)],
        "b": [i % 2 == 0 for i in range(rows)],
        "t": pandas.date_range("2024-01-01", periods=rows, freq="h"),
        "d": [datetime.date(2024, 1, 1 + i % 28) for i in range(rows)],
        "m": [decimal.Decimal(i) / 100 for i in range(rows)],
        "n": [None if i % 2 else i for i in range(rows)],
        "nothing": [None] * rows,
    }
)
types = {"m": sqlalchemy.DECIMAL(10, 2), "nothing": sqlalchemy.DateTime}
told = {}
# As pandas does it by itself, and as it does it when it writes the statement.
for name, method in {"from pandas": None, "from_pandas_multi": "multi"}.items():
    frame.to_sql(name, engine, if_exists="replace", index=False, dtype=types, method=method, chunksize=500 if method else None)
    back = pandas.read_sql(f"SELECT * FROM `{name}` ORDER BY i", engine)
    pandas.testing.assert_frame_equal(back, frame, check_dtype=False)
    told[name] = pandas.read_sql(f"DESCRIBE DETAIL `{name}`", engine)["format"].tolist()
told["tables"] = sorted(set(sqlalchemy.inspect(engine).get_table_names()) & {"from pandas", "from_pandas_multi"})
told["columns"] = {column["name"]: str(column["type"]) for column in sqlalchemy.inspect(engine).get_columns("from pandas")}

many = pandas.concat([frame.drop(columns="nothing")] * 400, ignore_index=True)
start = time.monotonic()
many.to_sql("from_pandas_many", engine, if_exists="replace", index=False, dtype=types)
told["written"] = f"{len(many)} rows in {time.monotonic() - start:.1f} s"
start = time.monotonic()
counted = sum(len(part) for part in pandas.read_sql("SELECT * FROM from_pandas_many", engine, chunksize=50_000))
told["read"] = f"{counted} rows in {time.monotonic() - start:.1f} s"
print(told)
