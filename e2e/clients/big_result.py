"""Rows of 1 kB, as many as are wanted; a second session of the user goes on."""

import os
from pyhive import hive


def connect():
    user = os.environ["USER_NAME"]
    return hive.connect("127.0.0.1", int(os.environ["PORT"]), username=user, password=os.environ[f"PASSWORD_{user.upper()}"], auth="CUSTOM").cursor()


other, cursor, rows = connect(), connect(), 0
cursor.arraysize = int(os.environ.get("AT_ONCE", 10000))
other.execute("SELECT 'before'")
cursor.execute(f"SELECT id, repeat('x', 1000) FROM range({os.environ['ROWS']})")
while chunk := cursor.fetchmany(cursor.arraysize):
    rows += len(chunk)
other.execute("SELECT 'after'")
print(rows, other.fetchall())
