"""Reads over TLS, trusting one certificate; without one, in plain text. With END it asks again and again in the same session, until there is a file of that name."""

import os
import time

import lakehouse_sql

connection = lakehouse_sql.connect(
    "localhost",
    int(os.environ["PORT"]),
    user=os.environ["USER_NAME"],
    password=os.environ["PASSWORD"],
    ca=os.environ["CERTIFICATE"] or None,
    timeout=120,
)
cursor, end = connection.cursor(), os.environ["END"]
while True:
    cursor.execute("SELECT 1")
    rows = cursor.fetchall()
    if not end or os.path.exists(end):
        break
    time.sleep(1)
print(rows)
