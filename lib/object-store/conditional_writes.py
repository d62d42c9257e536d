"""Proves that a store creates an object once, on which every commit of a Delta table relies."""

import threading
import time

from s3 import Refused, Store

RACES, WRITERS = 5, 8
# Of this process: an upgraded store is another one.
ME = str(time.time_ns())


class Unsafe(Exception):
    def __init__(self, store: Store, what: str):
        super().__init__(
            f"{store.url.geturl()} is no store for Delta tables of several writers: {what}. Their commits would overwrite each other, so the gateway stays closed. "
            "Use a store that honours 'If-None-Match: *' on PUT: Amazon S3, or MinIO since RELEASE.2025-09-07"
        )


def make(store: Store, folder: str) -> str:
    """Proves it, unless what is in the store says that this process has. @param folder `/<bucket>/<folder>`"""
    proof = f"{folder}/proof"
    if store.find(proof) == ME.encode():
        return ""
    for race in range(RACES):
        key = f"{folder}/{time.time_ns()}"
        run_race(store, key)
        store.request("DELETE", key)
    store.request("PUT", proof, body=ME.encode())
    return f"{store.url.geturl()} creates an object once"


def run_race(store: Store, key: str) -> None:
    """Eight writers race for one key; then one more comes late. Exactly one may win, and what is there must be its."""
    start = threading.Barrier(WRITERS)
    answers: dict[str, int] = {}

    def write(writer: str) -> None:
        try:
            if writer != "late":
                start.wait()
            store.request("PUT", key, body=writer.encode(), headers={"if-none-match": "*"})
            answers[writer] = 200
        except Refused as refused:
            answers[writer] = refused.status
        except OSError:
            """No answer: neither refused nor has it won."""

    racing = [threading.Thread(target=write, args=[str(writer)]) for writer in range(WRITERS)]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    write("late")
    winners = [writer for writer, status in answers.items() if status == 200]
    refused = [writer for writer, status in answers.items() if status in (409, 412)]
    if 501 in answers.values():
        raise Unsafe(store, "it does not know conditional writes")
    if len(winners) > 1:
        raise Unsafe(store, f"{len(winners)} of {WRITERS + 1} writers created one object")
    if len(winners) + len(refused) <= WRITERS:
        raise Exception(f"not all writers have an answer, the proof begins again: {answers}")
    if store.find(key) != winners[0].encode():
        raise Unsafe(store, "an object has the content of a writer that was refused")
