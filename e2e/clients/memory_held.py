"""Writes to /tmp/held.json, again and again, the most memory that each container of this node has held, in bytes, by its id.

Resident and shared memory, without page cache, which the kernel takes back. Of a JVM also the part of it that is not heap.
"""

import json
import os
import re
import time

CGROUPS = "/host/memory" if os.path.isdir("/host/memory") else "/host"
CONTAINER = re.compile(r"[0-9a-f]{64}")
# A heap of less than 4 GiB is mapped below this address, and nothing else of a JVM is but its small program.
HEAP_END = 1 << 32


def containers():
    for folder, _, _ in os.walk(CGROUPS):
        found = "kubepods" in folder and CONTAINER.search(os.path.basename(folder))
        if found:
            yield found.group(), folder


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def memory(folder):
    stat = dict(line.split(" ", 1) for line in read(f"{folder}/memory.stat").splitlines())
    return int(stat.get("anon") or stat.get("rss") or 0) + int(stat.get("shmem") or 0)


def heap(folder):
    """Resident bytes of the heaps of all JVMs, or nothing if there is none."""
    pids = [pid for pid in read(f"{folder}/cgroup.procs").split() if read(f"/proc/{pid}/comm").strip() == "java"]
    total = 0
    for pid in pids:
        inside = False
        for line in read(f"/proc/{pid}/smaps").splitlines():
            mapping = re.match(r"([0-9a-f]+)-[0-9a-f]+ ", line)
            if mapping:
                inside = int(mapping.group(1), 16) < HEAP_END
            elif inside and line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total if pids else None


held = {}
known = {}
for turn in range(10**9):
    if turn % 10 == 0:
        known = dict(containers())
    for container, folder in known.items():
        now = memory(folder)
        one = held.setdefault(container, {"held": 0})
        one["held"] = max(one["held"], now)
        if turn % 10 == 0:
            of_heap = heap(folder)
            if of_heap is not None:
                one["rest"] = max(one.get("rest", 0), memory(folder) - of_heap)
    if turn % 5 == 0:
        with open("/tmp/next.json", "w") as file:
            json.dump(held, file)
        os.rename("/tmp/next.json", "/tmp/held.json")
    time.sleep(0.1)
