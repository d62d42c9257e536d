"""
Keeps a folder as ConfigMaps and Secrets are, for programs that cannot ask the API server.

Arguments: `configmaps/tenants` is `/live/tenants/<key>`; `logins/databases` is `/live/databases/<key>/<key of the Secret>`, for a ConfigMap `databases` whose
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
        return [f"{key} {said}" for key, secret in self.secrets.items() if (said := write(f"{folder}/{key}", secret))]


def write(folder: str, declared: Declared) -> str:
    os.makedirs(folder, exist_ok=True)
    values = declared.values
    changed = [key for key, value in values.items() if content(f"{folder}/{key}") != value]
    gone = [key for key in os.listdir(folder) if key not in values]
    for key in changed:
        # Whoever reads finds the old one or the new one, whole.
        with open(f"{FOLDER}/next", "w", encoding="utf8") as file:
            file.write(values[key])
        os.rename(f"{FOLDER}/next", f"{folder}/{key}")
    for key in gone:
        os.remove(f"{folder}/{key}")
    return f"from {declared.name}: {', '.join([*changed, *(f'no {key}' for key in gone)])}" if changed or gone else ""


def content(path: str) -> str | None:
    try:
        with open(path, encoding="utf8") as file:
            return file.read()
    except FileNotFoundError:
        return None


class ConfigMap:
    def __init__(self, name: str, watcher: Watcher):
        self.declared = Declared("configmaps", name, watcher)

    def write(self) -> list[str]:
        return [write(f"{FOLDER}/{self.declared.name}", self.declared)]


KINDS = {"configmaps": ConfigMap, "logins": Logins}


def main(worker: str, objects: list[str]) -> None:
    watcher = Watcher("live", f"{', '.join(objects)} to be readable", 60)
    followed = [KINDS[kind](name, watcher) for kind, name in (one.split("/") for one in objects)]
    Worker(worker)
    serve()
    watcher.run(lambda: "; ".join(said for one in followed for said in one.write() if said))


main(sys.argv[1], sys.argv[2:])
