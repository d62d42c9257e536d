"""Puts a jar with some files into the store."""
import io
import json
import os
import zipfile

from store import store

jar = io.BytesIO()
with zipfile.ZipFile(jar, "w") as archive:
    for name, text in json.loads(os.environ["FILES"]).items():
        archive.writestr(name, text)
with store.open_output_stream("lakehouse/" + os.environ["KEY"]) as stream:
    stream.write(jar.getvalue())
