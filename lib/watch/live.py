"""
Keeps a folder as ConfigMaps and Secrets are, for programs that cannot ask the API server.

Arguments: `configmaps/tenants` is `/live/tenants/<key>`, `secrets/users`, which may be missing, `/live/users/<key>`; `logins/databases` is `/live/databases/<key>/<key of the Secret>`, for a ConfigMap `databases` whose
values are names of Secrets. When the program beside it has made of it what it should, it writes the time, as seconds, to `/live/succeeded`.
"""

import os
import shutil
import sys
import time

from watch import Declared, Watcher, serve

FOLDER = "/live"


class Worker(Watcher):
    """The program beside this one, which has a probe of its own."""

    @property
    def succeeded(self) -> float:
        return float(content(f"{FOLDER}/succeeded") or 0)

    @property
    def tried(self) -> float:
        return time.time()

    def __init__(self, name: str):
        self.name, self.seconds, self.obstacle = name, 0, f"the log of the container {name} says why"
        self.all.append(self)


class Logins:
    def __init__(self, name: str, watcher: Watcher):
        self.names, self.watcher = Declared("configmaps", name, watcher), watcher
        self.secrets: dict[str, Declared] = {}

    def write(self) -> list[str]:
        names, folder = self.names.values, f"{FOLDER}/{self.names.name}"
        for key, secret in list(self.secrets.items()):
            if names.get(key) != secret.name:
                secret.ended = True
                del self.secrets[key]
        for key in names.keys() - self.secrets.keys():
            self.secrets[key] = Declared("secrets", names[key], self.watcher)
        for gone in set(os.listdir(folder) if os.path.isdir(folder) else []) - names.keys():
            shutil.rmtree(f"{folder}/{gone}")
        return [said for key, secret in self.secrets.items() for said in write(f"{folder}/{key}", secret)]


def write(folder: str, declared: Declared, may_be_missing: bool = False) -> list[str]:
    """What has changed, in a few words, or what stands in the way."""
    os.makedirs(folder, exist_ok=True)
    values = {} if may_be_missing and declared.missing else declared.known
    if values is None:
        return [Obstacle(f"{declared.name}: {declared.obstacle}")]
    changed = [key for key, value in values.items() if content(f"{folder}/{key}") != value]
    gone = [key for key in os.listdir(folder) if key not in values]
    for key in changed:
        # Whoever reads finds the old one or the new one, whole.
        with open(f"{FOLDER}/next", "w", encoding="utf8") as file:
            file.write(values[key])
        os.rename(f"{FOLDER}/next", f"{folder}/{key}")
    for key in gone:
        os.remove(f"{folder}/{key}")
    return [f"{declared.name}: {', '.join([*changed, *(f'no {key}' for key in gone)])}"] if changed or gone else []


def content(path: str) -> str | None:
    try:
        with open(path, encoding="utf8") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Object:
    def __init__(self, kind: str, name: str, watcher: Watcher, may_be_missing: bool):
        self.declared, self.may_be_missing = Declared(kind, name, watcher), may_be_missing

    def write(self) -> list[str]:
        return write(f"{FOLDER}/{self.declared.name}", self.declared, self.may_be_missing)


class Obstacle(str):
    """Of one of them: the others are written."""


def follow(kind: str, name: str, watcher: Watcher) -> Object | Logins:
    return Logins(name, watcher) if kind == "logins" else Object(kind, name, watcher, may_be_missing=kind == "secrets")


def main(worker: str, objects: list[str]) -> None:
    watcher = Watcher("live", f"{', '.join(objects)} to be readable", 60)
    followed = [follow(*one.split("/"), watcher) for one in objects]

    def make() -> str:
        said = [line for one in followed for line in one.write()]
        obstacles = [line for line in said if isinstance(line, Obstacle)]
        if obstacles:
            raise Exception("; ".join(obstacles))
        return "; ".join(said)

    Worker(worker)
    serve()
    watcher.run(make)


main(sys.argv[1], sys.argv[2:])
