"""Checks each configuration that is named in a process of its own, and prints a line of JSON for it: time, memory, faults."""

from __future__ import annotations

import json
import os
import resource
import sys

from pyproxy.config import check_config

MOST_SECONDS = 30
KIBIBYTES_A_UNIT = 1 / 1024 if sys.platform == "darwin" else 1


def measure(path: str) -> None:
    config, faults = check_config(path, {})
    used = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "refused": config is None,
        "faults": [str(fault) for fault in faults],
        "seconds": used.ru_utime + used.ru_stime,
        "mebibytes": used.ru_maxrss * KIBIBYTES_A_UNIT / 1024,
    }
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
            measure(name)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            sys.exit(f"{name} ended with {status}")
