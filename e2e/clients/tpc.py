"""
The queries of TPC-H or TPC-DS through the gateway, against the answers of DuckDB, which makes the data and has the queries: both get the same text. Prints a line of
JSON for each table and each query: the seconds it took, the number of rows, and the first difference or error, if any.

At scale 0.01 no LIMIT cuts between rows that sort alike and differ: answers are compared whole.
"""

import json
import os
import time
from collections import defaultdict
from decimal import Decimal

import duckdb
import duckdb_extensions
import pyarrow.parquet
from pyhive import hive
from store import store

SUITE = os.environ["SUITE"]
FILE = f"lakehouse/tenants/demo/{SUITE}.parquet"

session = hive.connect(
    "127.0.0.1",
    int(os.environ["PORT"]),
    username=os.environ["USER_NAME"],
    password=os.environ["PASSWORD"],
    auth="CUSTOM",
    # TPC-DS has names such as "30 days".
    configuration={"spark.sql.ansi.doubleQuotedIdentifiers": "true"},
).cursor()
# Where a query does not say where NULLs sort, as Spark does.
oracle = duckdb.connect(config={"default_null_order": "nulls_first_on_asc_last_on_desc"})


def run(statement):
    session.execute(statement)
    return session.fetchall() if session.description else []


def expected(query):
    """The rows of DuckDB. PyHive has dates as text."""
    plain = (int, float, Decimal, str, type(None))
    return [tuple(value if isinstance(value, plain) else str(value) for value in row) for row in oracle.execute(query).fetchall()]


def load(table):
    """As a user does who has files."""
    pyarrow.parquet.write_table(oracle.table(table).to_arrow_table(), FILE, filesystem=store)
    run(f"CREATE TABLE {table} AS SELECT * FROM parquet.`s3a://{FILE}`")
    store.delete_file(FILE)


def same(value, wanted):
    """Exact but for doubles. A quotient or an average of decimals is a decimal in Spark, rounded to its last place, and a double in DuckDB."""
    if not isinstance(wanted, float) or value is None:
        return value == wanted
    place = 10.0 ** value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return abs(float(value) - wanted) <= place / 2 + 1e-9 * abs(wanted)


def difference(rows, wanted):
    """The first row that no row of the other answer, each of which stands for one, is the same as."""
    if len(rows) != len(wanted):
        return f"{len(rows)} rows instead of {len(wanted)}"
    doubles = {index for row in wanted for index, value in enumerate(row) if isinstance(value, float)}
    rest = defaultdict(list)
    exact = lambda row: tuple(value for index, value in enumerate(row) if index not in doubles)
    for row in wanted:
        rest[exact(row)].append(row)
    for row in rows:
        candidates = rest[exact(row)]
        found = next((other for other in candidates if all(map(same, row, other))), None)
        if found is None:
            return f"{row} is not among {candidates or wanted[:3]}"
        candidates.remove(found)
    return ""


def timed(what, work, check=lambda result: ""):
    began, rows = time.time(), []
    try:
        rows = work() or []
        seconds = time.time() - began
        wrong = check(rows)
    except Exception as error:
        seconds, wrong = time.time() - began, " ".join(str(error).split())[:600]
    print(json.dumps({"what": what, "seconds": round(seconds, 1), "rows": len(rows), "difference": wrong}), flush=True)


duckdb_extensions.import_extension(SUITE)
oracle.load_extension(SUITE)
oracle.execute({"tpch": "CALL dbgen(sf = 0.01)", "tpcds": "CALL dsdgen(sf = 0.01)"}[SUITE])
for statement in (f"DROP SCHEMA IF EXISTS {SUITE} CASCADE", f"CREATE SCHEMA {SUITE}", f"USE {SUITE}"):
    run(statement)
for (table,) in oracle.execute("SHOW TABLES").fetchall():
    timed(f"table {table}", lambda: load(table))
for number, text in oracle.execute(f"SELECT query_nr, query FROM {SUITE}_queries() ORDER BY query_nr").fetchall():
    # Query 66 of TPC-DS adds two quotients of decimals, each of which Spark rounds.
    query = text.strip(" \n;").replace("/w_warehouse_sq_ft", "/CAST(w_warehouse_sq_ft AS double)")
    timed(f"query {number}", lambda: run(query), lambda rows: difference(rows, expected(query)))
