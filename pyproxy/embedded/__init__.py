"""The in-process ingress: a program asks for an answer without a server, on the same path as everybody else."""

from pyproxy.embedded.client import EmbeddedClient
from pyproxy.embedded.completion import Completion

__all__ = ["Completion", "EmbeddedClient"]
