"""The proxy from its clients' side, beside nginx, other gateways and no proxy at all: in turns, in one run, nothing left out."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clients.apart.environments import python_with
from load import Generator, Mock, built
from measuring import measure_many, measure_rounds, standing
from report import Results
from sides import SIDES, Setting
from steps import models, steps

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent
_RESULTS = _HERE.parent / "results"


def main() -> None:
    options = _options()
    # An end by a signal is an end like any other: the processes end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    planned = steps(0.15 if options.quick else 1.0)
    if options.steps:
        planned = [step for step in planned if step.name in options.steps]
    names = ["direct", *(name for name in SIDES if name != "direct" and name in (options.only or SIDES))]
    binary = built()
    with tempfile.TemporaryDirectory(prefix="bench-load-") as folder, Mock.started(binary, Path(folder)) as mock:
        setting = Setting(mock, Generator(binary), models(planned), Path(folder))
        with contextlib.ExitStack() as stack:
            records, absent = standing(setting, names, stack, 1 if options.quick else 3)
            measure_rounds(records, setting, planned, options.rounds or (2 if options.quick else 4))
            patience = 600.0 if options.long else 1.0 if options.quick else 8.0
            measure_many(records, setting.generator, 1_000_000 if options.long else 20_000, patience)
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores, {platform.machine()}, Linux {platform.release()}, Python {platform.python_version()}"
    results = Results(records, absent, f"{machine}; {time.monotonic() - begun:.0f} s")
    results.show()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    _draw(options.json, options.chart)


def _draw(values: Path, chart: Path) -> None:
    print(f"written: {values}", end="")
    try:
        drawing = python_with(_HERE / "requirements" / "chart.txt")
        chart.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([drawing, _HERE / "apart" / "draw_chart.py", values, chart], check=True)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"\nno chart: {str(error)[-300:]}")
    else:
        print(f", {chart}")


def _options() -> argparse.Namespace:
    def some_of(known: list[str], apart: str) -> Callable[[str], list[str]]:
        def read(text: str) -> list[str]:
            if unknown := set(text.split(apart)) - set(known):
                raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}; there is {apart.join(known)}")
            return text.split(apart)

        return read

    known_steps = [step.name for step in steps(1.0)]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute instead of some six: shorter, and two rounds of four")
    parser.add_argument("--long", action="store_true", help="1,000,000 requests in a row for what memory becomes, instead of 20,000")
    parser.add_argument("--rounds", type=int, help="how often each side has its turn")
    parser.add_argument(
        "--only", type=some_of(list(SIDES), ","), metavar="SIDES", help=f"some of {','.join(SIDES)}; direct is always there"
    )
    parser.add_argument(
        "--steps", type=some_of(known_steps, ";"), metavar="STEPS", help=f"some of what a round is: {';'.join(known_steps)}"
    )
    parser.add_argument("--json", metavar="PATH", type=Path, default=_RESULTS / "load.json", help="where the figures go")
    parser.add_argument("--chart", metavar="PATH", type=Path, default=_RESULTS / "load.png", help="where the picture goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
