"""
Asks again and again, each time in a session of its own, as a tool does that has no pool. Prints a line for each question: when it was asked, for how long, which
it was, and the error, if any.

Arguments: statements. The host, the user and the password are in the environment.
"""

import json
import os
import sys
import time

from pyhive import hive


def ask(statement: str, cursor) -> None:
    began, error = time.time(), ""
    try:
        cursor.execute(statement)
        cursor.fetchall() if cursor.description else None
    except Exception as raised:
        error = " ".join(str(raised).split())[:600]
    say(began, statement, error)


def say(began: float, what: str, error: str) -> None:
    print(json.dumps({"at": began, "seconds": round(time.time() - began, 1), "what": what, "error": error}), flush=True)


while True:
    began = time.time()
    try:
        connection = hive.connect(os.environ["GATEWAY"], 10009, username=os.environ["NAME"], password=os.environ["PASSWORD"], auth="CUSTOM")
    except Exception as raised:
        say(began, "login", " ".join(str(raised).split())[:600])
        time.sleep(1)
        continue
    say(began, "login", "")
    cursor = connection.cursor()
    for statement in sys.argv[1:]:
        ask(statement, cursor)
    try:
        connection.close()
    except Exception:
        """What it was opened for is done."""
    time.sleep(1)
