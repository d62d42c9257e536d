"""Reads a table part by part, with pandas: prints how many rows it has, how long that took, and the memory that it held at most, in MiB."""

import json
import os
import resource
import time
import urllib.parse

import pandas
import sqlalchemy

password = urllib.parse.quote(os.environ["PASSWORD"], safe="")
engine = sqlalchemy.create_engine(f"lakehouse://{os.environ['USER_NAME']}:{password}@127.0.0.1:{os.environ['PORT']}/e2e")
start = time.monotonic()
with engine.connect().execution_options(stream_results=True) as connection:
    rows = sum(len(part) for part in pandas.read_sql("SELECT * FROM from_pandas_many", connection, chunksize=20_000))
print(json.dumps({"rows": rows, "seconds": round(time.monotonic() - start), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
