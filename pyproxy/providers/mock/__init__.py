"""A scriptable provider on a real socket: what a model answers, and every way a connection can go wrong.

Tests, the demo and the benchmarks share it. It speaks the OpenAI chat dialect and takes its orders from Python (`MockProvider.script`),
from a YAML file (`MockProvider.from_script`), from the model name itself (`any-name?status=503&latency=0.2`) or over HTTP (`/mock/…`).
"""

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.recording import Outcome, RecordedRequest
from pyproxy.providers.mock.script import ScriptError
from pyproxy.providers.mock.server import MockProvider

__all__ = ["Behaviour", "MockProvider", "Outcome", "RecordedRequest", "ScriptError"]
