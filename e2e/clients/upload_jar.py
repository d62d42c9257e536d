"""Puts a jar with some files into the store."""
import io
import json
import os
import zipfile

import pyarrow.fs

jar = io.BytesIO()
with zipfile.ZipFile(jar, "w") as archive:
    for name, text in json.loads(os.environ["FILES"]).items():
        archive.writestr(name, text)
store = pyarrow.fs.S3FileSystem(
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    endpoint_override=os.environ["AWS_ENDPOINT_URL"],
    region=os.environ["AWS_REGION"],
    scheme="http",
)
with store.open_output_stream("lakehouse/" + os.environ["KEY"]) as stream:
    stream.write(jar.getvalue())
