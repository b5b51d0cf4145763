"""The in-process ingress: a program asks for an answer without a server, on the same path as everybody else."""

from pyproxy.embedded.asking import Asking
from pyproxy.embedded.client import EmbeddedClient
from pyproxy.embedded.completion import Completion, CompletionChunk
from pyproxy.embedded.fallback_manager import EnhancedFallbackManager
from pyproxy.embedded.home import Home
from pyproxy.embedded.port import LLMClient
from pyproxy.embedded.streams import BlockingStream, CompletionStream

__all__ = [
    "Asking",
    "BlockingStream",
    "Completion",
    "CompletionChunk",
    "CompletionStream",
    "EmbeddedClient",
    "EnhancedFallbackManager",
    "Home",
    "LLMClient",
]
