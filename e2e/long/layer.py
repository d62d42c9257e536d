"""layer.py ARCHIVE FOLDER NAME: an image's archive, as `ctr images export` writes it, gets what is in the folder as its last layer, and another name."""

import hashlib
import io
import json
import sys
import tarfile

archive, folder, name = sys.argv[1:]
with tarfile.open(archive) as before:
    blobs = {member.name: before.extractfile(member).read() for member in before.getmembers() if member.isfile()}


def read(digest):
    return json.loads(blobs["blobs/" + digest.replace(":", "/")])


def add(content):
    digest = hashlib.sha256(content).hexdigest()
    blobs[f"blobs/sha256/{digest}"] = content
    return f"sha256:{digest}"


def described(kind, content):
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": add(content), "size": len(content)}


layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as files:
    files.add(folder, arcname=".")
manifest = read(json.loads(blobs["index.json"])["manifests"][0]["digest"])
config = read(manifest["config"]["digest"])
config["rootfs"]["diff_ids"].append("sha256:" + hashlib.sha256(layer.getvalue()).hexdigest())
manifest["layers"].append(described("layer.v1.tar", layer.getvalue()))
manifest["config"] = described("config.v1+json", json.dumps(config).encode())
index = described("manifest.v1+json", json.dumps(manifest).encode())
index["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1]}
blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [index]}).encode()
blobs.pop("manifest.json", None)
with tarfile.open(archive, "w") as after:
    for path, content in blobs.items():
        member = tarfile.TarInfo(path)
        member.size = len(content)
        after.addfile(member, io.BytesIO(content))
