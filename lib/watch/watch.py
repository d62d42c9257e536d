"""What all watchers have in common: each keeps one thing as it is declared, looks at it again and again, and says what it did and what stands in its way.

What is declared are ConfigMaps and Secrets, followed by the API server's own events: the kubelet takes up to a minute and a half to bring a change into a pod
that runs. What it is about is looked at every few seconds, since it may have been emptied, restored or changed by hand meanwhile.
"""

import json
import os
import signal
import ssl
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
PORT = 9100
# No policy opens it, see lib/watch/watcher.ts.
CLOSED = 9101
# In seconds. How long the API server sends events before it is asked anew: a broken connection goes unseen for no longer.
EVENTS = 60
# Until a watcher says why it waits, and says it again: as lib/k8s/shell.ts has it.
SAY_FIRST, SAY_AGAIN = 5, 30
# Until one that does not even try any more is started anew.
STUCK = 300


def read(path: str) -> str:
    with open(path, encoding="utf8") as file:
        return file.read()


def kubernetes(path: str, timeout: int = 10):
    """The API server's answer. Raises an HTTPError for what it refuses."""
    url = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}"
    request = Request(url, headers={"Authorization": f"Bearer {read(ACCOUNT + '/token')}"})
    trusted = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    # Python wants extensions of a CA's certificate since 3.13 that those of many clusters do not have.
    trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return urlopen(request, context=trusted, timeout=timeout)


class Watcher:
    """
    @param name of its metrics
    @param what it keeps as declared, for its log
    @param seconds after which it looks again though nothing was declared anew
    """

    all: list["Watcher"] = []

    def __init__(self, name: str, what: str, seconds: int):
        self.name, self.what, self.seconds = name, what, seconds
        self.changed = threading.Event()
        self.succeeded, self.tried = 0.0, time.time()
        self.obstacle = "it has not been tried yet"
        self.all.append(self)

    def run(self, make: Callable[[], str]) -> None:
        """For ever. @param make returns what it has changed, or nothing; raises an error that says what stands in its way"""
        print(f"waits for {self.what}", flush=True)
        waits_since, say = time.time(), time.time() + SAY_FIRST
        while True:
            self.changed.clear()
            self.tried = time.time()
            try:
                did = make()
                if waits_since:
                    print(f"goes on, after {time.time() - waits_since:.0f} s: {self.what}", flush=True)
                if did:
                    print(did, flush=True)
                waits_since, self.obstacle, self.succeeded = 0.0, "", time.time()
                self.changed.wait(self.seconds)
            except Exception as error:  # Whatever it is, it is tried again.
                self.obstacle = " ".join(str(error).split())
                if not waits_since:
                    waits_since, say = time.time(), time.time() + SAY_FIRST
                if time.time() >= say:
                    say = time.time() + SAY_AGAIN
                    print(f"still waits for {self.what}, since {time.time() - waits_since:.0f} s: {self.obstacle}", file=sys.stderr, flush=True)
                self.changed.wait(1)


class Declared:
    """A ConfigMap or a Secret of this namespace. Wakes the watcher when it changes."""

    def __init__(self, kind: str, name: str, watcher: Watcher):
        self.name, self.watcher = name, watcher
        self.objects = f"/api/v1/namespaces/{read(ACCOUNT + '/namespace')}/{kind}?fieldSelector=metadata.name={name}"
        self.decode = (lambda value: b64decode(value).decode()) if kind == "secrets" else str
        self.known: dict[str, str] | None = None
        self.ended, self.missing = False, False
        self.obstacle = "the API server was not asked yet"
        threading.Thread(target=self.follow, daemon=True).start()

    @property
    def values(self) -> dict[str, str]:
        """Raises an error while nothing is known of it, or if there is none: whatever it declared before still holds."""
        if self.known is None:
            raise Exception(f"{self.name}: {self.obstacle}")
        return self.known

    def follow(self) -> None:
        while not self.ended:
            try:
                with kubernetes(self.objects) as answer:
                    found = json.load(answer)
                self.take(*found["items"])
                version = found["metadata"]["resourceVersion"]
                with kubernetes(f"{self.objects}&watch=true&timeoutSeconds={EVENTS}&resourceVersion={version}", EVENTS + 10) as events:
                    for event in map(json.loads, events):
                        if event["type"] == "ERROR":
                            break
                        self.take(*([] if event["type"] == "DELETED" else [event["object"]]))
            except Exception as error:  # Whatever it is, it is asked again.
                self.obstacle = str(error)
                time.sleep(2)

    def take(self, item: dict | None = None) -> None:
        self.obstacle, self.missing = "there is no such object", item is None
        values = None if item is None else {key: self.decode(value) for key, value in (item.get("data") or {}).items()}
        if values != self.known:
            self.known = values
            self.watcher.changed.set()


class Handler(BaseHTTPRequestHandler):
    """`/metrics` for Prometheus; `/alive` whether all of them try; `/<name>` whether that one has succeeded, and else why not."""

    def do_GET(self) -> None:
        if self.path == "/metrics":
            return self.answer(200, METRICS + "".join(SAMPLE.format(watcher.name, watcher.succeeded) for watcher in Watcher.all))
        if self.path == "/alive":
            return self.answer(503 if any(time.time() - watcher.tried > STUCK + watcher.seconds for watcher in Watcher.all) else 200)
        for watcher in Watcher.all:
            if self.path == f"/{watcher.name}":
                return self.answer(200 if watcher.succeeded else 503, watcher.obstacle)
        self.answer(404)

    def answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_) -> None:
        """Of requests there is nothing to say."""


class Server(ThreadingHTTPServer):
    def handle_error(self, *_) -> None:
        """A probe that has read the status is gone."""


METRICS = """# HELP lakehouse_watcher_last_success_timestamp_seconds When all was as declared, or was made so.
# TYPE lakehouse_watcher_last_success_timestamp_seconds gauge
"""
SAMPLE = 'lakehouse_watcher_last_success_timestamp_seconds{{watcher="{}"}} {}\n'


def serve() -> None:
    """Answers for all watchers of this process. Ends it when it is told to, which the first process of a container does not by itself."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for port in PORT, CLOSED:
        threading.Thread(target=Server(("", port), Handler).serve_forever, daemon=True).start()


def is_used(namespace: str, secret: str) -> bool:
    """Whether a pod that has not ended reads a Secret. A namespace in which this account may not look is one that is gone."""
    try:
        with kubernetes(f"/api/v1/namespaces/{namespace}/pods?limit=5000") as answer:
            pods = json.load(answer)["items"]
    except HTTPError as error:
        if error.code == 403:
            return False
        raise
    return any(secret in secrets_of(pod["spec"]) for pod in pods if pod["status"].get("phase") not in ("Succeeded", "Failed"))


def secrets_of(part) -> set[str]:
    """The names of Secrets in a pod's description."""
    if isinstance(part, list):
        return set().union(*map(secrets_of, part))
    if not isinstance(part, dict):
        return set()
    own = {part["secretName"]} if isinstance(part.get("secretName"), str) else set()
    reference = part.get("secretKeyRef") or {}
    return own.union({reference["name"]} if reference else set(), *map(secrets_of, part.values()))
