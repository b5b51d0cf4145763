"""The command line: `pyproxy serve`, `check`, `mock` and `demo`; each command's parts are loaded when it is called."""

from pyproxy.cli.commands import main

__all__ = ["main"]
