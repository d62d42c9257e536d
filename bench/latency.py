"""Median milliseconds of `SELECT 1` over one connection, after a first one that is not counted."""

import os
import statistics
import time

from pyhive import hive

cursor = hive.connect(
    "127.0.0.1", int(os.environ["PORT"]), username=os.environ["USER_NAME"], password=os.environ["PASSWORD"], auth="CUSTOM"
).cursor()


def milliseconds() -> float:
    began = time.perf_counter()
    cursor.execute("SELECT 1")
    cursor.fetchall()
    return (time.perf_counter() - began) * 1000


warm_up = [milliseconds() for _ in range(50)]
print(statistics.median(milliseconds() for _ in range(100)))
