"""Keeps MinIO's bucket, users and policies as declared."""

import io
import json
import zipfile
from collections.abc import Callable

from s3 import Store

ADMIN = "/minio/admin/v3"
# Begins the names of our policies. A user with one of them is ours, others are left alone.
OURS = "lakehouse-"
FILES = {"policies": "policies.json", "users": "users.json", "mappings": "user_mappings.json"}


def make(store: Store, bucket: str, declared: dict[str, dict], passwords: dict[str, str], is_in_use: Callable[[str], bool]) -> str:
    """
    What was not as declared, and is now. Raises an error for users that have no password, when all others are made.

    @param declared the policy of each user; those of one consumer, which differ in what follows the dot, share it
    @param is_in_use whether a pod may still log in as a user who is not declared any more
    """
    users = {user: OURS + user.partition(".")[0] for user in declared}
    policies = {users[user]: policy for user, policy in declared.items()}
    did = []
    if store.find(f"/{bucket}", {"location": ""}) is None:
        store.request("PUT", f"/{bucket}")
        did.append(f"made the bucket {bucket}, empty: if there was one before, its tables are gone (docs/operations.md)")
    there = export(store)
    wanted = {name: password for name, password in passwords.items() if name in users}
    broken = [name for name, password in wanted.items() if password != password.strip()]
    if broken:
        raise Exception(f"the Secret minio-users has a line break or a space at the end of the password for {', '.join(broken)}: write it anew without one")
    gone = [name for name, policy in there["mappings"].items() if policy.startswith(OURS) and name not in users and not is_in_use(name)]
    changes = {
        "policies": differences(simple(policies), simple(there["policies"])),
        "users": differences(wanted, there["users"]),
        "mappings": differences({name: users[name] for name in wanted}, there["mappings"]),
    }
    if any(changes.values()):
        load(store, changes)
        did.append(f"made {', '.join(sorted({*changes['policies'], *changes['users'], *changes['mappings']}))}")
        did += [f"{name} has another password, pods that run with the one before must start anew" for name in changes["users"] if name in there["users"]]
    for name in gone:
        store.request("DELETE", f"{ADMIN}/remove-user", {"accessKey": name})
        did.append(f"removed {name}")
    kept = {policy for name, policy in {**there["mappings"], **users}.items() if name not in gone}
    for name in there["policies"]:
        if name.startswith(OURS) and name not in kept:
            store.request("DELETE", f"{ADMIN}/remove-canned-policy", {"name": name})
            did.append(f"removed {name}")
    without = [name for name in users if name not in passwords]
    if without:
        raise Exception(f"the Secret minio-users has no password for {', '.join(without)}")
    return "; ".join(did)


def differences(wanted: dict, there: dict) -> dict:
    return {name: value for name, value in wanted.items() if there.get(name) != value}


def simple(policy):
    """One policy has one form: MinIO sorts what has no order, and writes a list of one as it is."""
    if isinstance(policy, dict):
        return {key: simple(value) for key, value in policy.items()}
    return sorted((simple(value) for value in policy), key=str) if isinstance(policy, list) else policy


def export(store: Store) -> dict[str, dict]:
    with zipfile.ZipFile(io.BytesIO(store.request("GET", f"{ADMIN}/export-iam"))) as files:
        found = {what: json.loads(files.read(f"iam-assets/{file}")) for what, file in FILES.items()}
    # Of a user who is disabled no password is right.
    passwords = {name: user["secretKey"] if user["status"] == "enabled" else "" for name, user in found["users"].items()}
    mappings = {name: mapping["policy"] for name, mapping in found["mappings"].items() if name in passwords}
    return {**found, "users": passwords, "mappings": mappings}


def load(store: Store, changes: dict[str, dict]) -> None:
    files = {
        "policies": changes["policies"],
        "users": {name: {"secretKey": password, "status": "enabled"} for name, password in changes["users"].items()},
        "mappings": {name: {"version": 1, "policy": policy} for name, policy in changes["mappings"].items()},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for what, content in files.items():
            archive.writestr(f"iam-assets/{FILES[what]}", json.dumps(content))
    result = json.loads(store.request("PUT", f"{ADMIN}/import-iam-v2", body=packed.getvalue()))
    failed = {what: entities for what, entities in (result.get("failed") or {}).items() if entities}
    if failed:
        raise Exception(f"MinIO does not take {json.dumps(failed)}")
