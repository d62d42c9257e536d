"""Reads a query through the gateway, as an analyst does: prints the rows as JSON."""

import os

import pandas
from pyhive import hive

connection = hive.connect(
    "127.0.0.1", int(os.environ["PORT"]), username=os.environ["USER_NAME"], password=os.environ["PASSWORD"], auth="CUSTOM"
)
print(pandas.read_sql_query(os.environ["QUERY"], connection).to_json(orient="values"))
