"""Which API a request is for: told by its path, and by its headers where several APIs share one."""

from collections.abc import Collection

from pyproxy.providers.mock.anthropic import Anthropic
from pyproxy.providers.mock.gemini import Gemini
from pyproxy.providers.mock.openai import OpenAI
from pyproxy.providers.mock.openai.azure import PREFIX as AZURE
from pyproxy.providers.mock.openai.azure import Azure
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import Reply
from pyproxy.providers.mock.script import Scripts


class Routes:
    """Answers the routes of all the APIs.

    Args:
        scripts: What each model does.
        api_keys: Keys that are let in, or None for everyone.
    """

    def __init__(self, scripts: Scripts, api_keys: Collection[str] | None) -> None:
        self._openai = OpenAI(scripts, api_keys)
        self._azure = Azure(self._openai, api_keys)
        self._anthropic = Anthropic(scripts, api_keys)
        self._gemini = Gemini(scripts, api_keys)

    def answer(self, request: RecordedRequest) -> Reply:
        """Decide on the reply; notes the request's model."""
        path = request.route
        if path == "/v1/chat/completions":  # the one that is asked for most
            return self._openai.answer(request, "/chat/completions")
        if path.startswith("/v1/messages"):
            return self._anthropic.answer(request, path)
        if path.startswith("/v1beta/"):
            return self._gemini.answer(request, path)
        if path.startswith("/v1/models"):
            return self._models(request, path)
        if path.startswith(AZURE):
            return self._azure.answer(request, path)
        return self._openai.answer(request, path.removeprefix("/v1") if path.startswith("/v1/") else "")

    def _models(self, request: RecordedRequest, path: str) -> Reply:
        if request.header("anthropic-version") is not None:
            return self._anthropic.answer(request, path)
        of_google = any(name.lower().startswith(b"x-goog-") for name, _ in request.headers)
        if of_google or request.method == "POST" or "key" in request.query:
            return self._gemini.answer(request, path)
        return self._openai.answer(request, path.removeprefix("/v1"))
