"""A scriptable provider on a real socket: what a model answers, and every way a connection can go wrong.

Tests, the demo and the benchmarks share it. It speaks the APIs of OpenAI, Azure OpenAI, Anthropic and Gemini, each as strictly as the
real one: what that refuses, the mock refuses in its words. One `Behaviour` means the same in all of them. The mock takes its orders from
Python (`MockProvider.script`), from a YAML file (`MockProvider.from_script`), from the model name (`any-name?status=503&latency=0.2`) or
over HTTP (`/mock/…`).
"""

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.recording import Outcome, RecordedRequest
from pyproxy.providers.mock.script import ScriptError
from pyproxy.providers.mock.server import MockProvider

__all__ = ["Behaviour", "MockProvider", "Outcome", "RecordedRequest", "ScriptError"]
