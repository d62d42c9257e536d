"""Writes to /tmp/held.json, again and again, the most memory that each container of this node has held, in bytes, by its id.

Resident and shared memory, without page cache, which the kernel takes back. Of a JVM also the part of it that is not heap.
"""

import json
import os
import re
import time

CGROUPS = "/host/memory" if os.path.isdir("/host/memory") else "/host"
PODS = [folder for folder, _, _ in os.walk(CGROUPS) if re.fullmatch(r"kubepods(\.slice)?", os.path.basename(folder))]
CONTAINER = re.compile(r"[0-9a-f]{64}")
# A heap of less than 4 GiB is mapped below this address, and nothing else of a JVM is but its small program.
HEAP_END = 1 << 32


def containers():
    for root in PODS:
        for folder, _, _ in os.walk(root):
            found = CONTAINER.search(os.path.basename(folder))
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
    """Resident bytes of the heaps of all JVMs; nothing if there is none."""
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
    # Nothing of one that ends meanwhile.
    return total or None


held = {}
for turn in range(10**9):
    for container, folder in containers():
        one = held.setdefault(container, {"held": 0})
        one["held"] = max(one["held"], memory(folder))
        if turn % 20 == 0:
            before, of_heap = memory(folder), heap(folder)
            if of_heap:
                one["rest"] = max(one.get("rest", 0), min(before, memory(folder)) - of_heap)
    if turn % 10 == 0:
        with open("/tmp/next.json", "w") as file:
            json.dump(held, file)
        os.rename("/tmp/next.json", "/tmp/held.json")
    time.sleep(0.05)
