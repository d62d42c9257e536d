"""Watches an object store: that it creates an object once; and, where it is ours, that its bucket, users and policies are as declared."""

import json
import os
import threading
import time

import conditional_writes
import users
from s3 import Refused, Store
from watch import ACCOUNT, Declared, Watcher, is_used, read, serve

URL, BUCKET, FOLDER = (os.environ[name] for name in ("STORE", "BUCKET", "FOLDER"))
USERS = os.environ.get("USERS")


def login() -> Store:
    """Read each time, since a Secret may change."""
    user, password = read("/login/username"), read("/login/password")
    if len(f"{user}{password}".split()) != 1:
        raise Exception("the Secret of the store's login has a line break or a space: write it anew without one, as in: printf %s … | base64")
    return Store(URL, os.environ["REGION"], user, password)


RESTART = "MinIO takes minio-root when it starts: kubectl -n lakehouse rollout restart statefulset/minio"


class Administrator:
    """MinIO reads its login when it starts. Until then the one before is valid, if the Secret has another one by now."""

    def __init__(self):
        self.valid: Store | None = None
        self.said = ""
        self.lock = threading.Lock()

    def login(self) -> Store:
        with self.lock:
            new = login()
            if self.valid and (new.user, new.password) == (self.valid.user, self.valid.password):
                return self.valid
            try:
                new.request("GET", f"{users.ADMIN}/list-users")
                self.valid = new
            except Refused as refused:
                if refused.status != 403:
                    raise
                if not self.valid:
                    raise Exception(f"{refused}; {RESTART}") from refused
                if self.said != new.password:
                    print(f"the login in minio-root has changed, the one before goes on: {RESTART}", flush=True)
                self.said = new.password
            return self.valid


administrator = Administrator()


def watch_users(name: str) -> None:
    """@param name of the ConfigMap with a policy for each user, and of the Secret with their passwords"""
    watcher = Watcher("users", f"the users of {URL} to be as declared", 15)
    declared, passwords = Declared("configmaps", name, watcher), Declared("secrets", name, watcher)

    def make() -> str:
        wanted = {user: json.loads(policy) for user, policy in declared.values.items()}
        return users.make(administrator.login(), BUCKET, wanted, passwords.values, is_in_use)

    watcher.run(make)


# In seconds: a pod that reads a login may be on its way.
UNUSED = 15
unused_since: dict[str, float] = {}


def is_in_use(user: str) -> bool:
    """By the Secret from which its pods have the login: as lib/object-store/login-name.ts names it."""
    consumer, dot, revision = user.partition(".")
    own = read(f"{ACCOUNT}/namespace")
    place = (consumer, f"object-store{dot}{revision}") if consumer.startswith("tenant-") else (own, f"object-store-{user}")
    if is_used(*place):
        unused_since.pop(user, None)
        return True
    return time.time() - unused_since.setdefault(user, time.time()) < UNUSED


def watch_conditional_writes() -> None:
    watcher = Watcher("conditional-writes", f"the proof that {URL} creates an object once", 30)
    watcher.run(lambda: conditional_writes.make(administrator.login() if USERS else login(), f"/{BUCKET}/{FOLDER}"))


serve()
if USERS:
    threading.Thread(target=watch_users, args=[USERS], daemon=True).start()
watch_conditional_writes()
