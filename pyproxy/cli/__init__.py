"""The command line: `pyproxy serve`, `check`, `explain`, `schema`, `init`, `mock`, `demo`; each loads its parts when it is called."""

from pyproxy.cli.commands import main

__all__ = ["main"]
