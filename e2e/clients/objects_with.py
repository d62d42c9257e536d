"""The objects that have a text in clear, those of Parquet unpacked."""

import io
import json
import os
import pyarrow.fs
import pyarrow.parquet
from store import store

folder, text, found = os.environ["PREFIX"], os.environ["TEXT"], []
for file in store.get_file_info(pyarrow.fs.FileSelector("lakehouse/" + folder.split("/")[0], recursive=True)):
    if not file.is_file or not file.path.startswith("lakehouse/" + folder):
        continue
    content = store.open_input_file(file.path).read()
    if file.path.endswith(".parquet"):
        content = str(pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()).encode()
    if text.encode() in content:
        found.append(file.path)
print(json.dumps(found), flush=True)
# Arrow's threads for S3 do not always end in time, and the interpreter with an error then.
os._exit(0)
