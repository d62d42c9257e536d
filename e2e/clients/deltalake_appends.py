"""Appends rows to a Delta table straight from Python, one commit each, and prints those that were acknowledged."""

import os

import pyarrow
from deltalake import write_deltalake

for n in range(int(os.environ["COUNT"])):
    row = pyarrow.table({"driver": pyarrow.array(["python"]), "n": pyarrow.array([n], pyarrow.int32())})
    write_deltalake(os.environ["TABLE"], row, mode="append")
    print(f"appended python {n}", flush=True)
os._exit(0)
