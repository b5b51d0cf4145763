"""Which reply a request gets: credentials, paths, dialects, scripts."""

from collections.abc import Collection

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai import OpenAI
from pyproxy.providers.mock.openai_request import read_chat, read_model
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import BadRequestError, Reply
from pyproxy.providers.mock.script import ScriptError, Scripts


class Routes:
    """Answers the provider's routes.

    Args:
        scripts: What each model does.
        api_keys: Keys that are let in, or None for everyone.
    """

    def __init__(self, scripts: Scripts, api_keys: Collection[str] | None) -> None:
        self._scripts = scripts
        self._credentials = None if api_keys is None else frozenset(f"Bearer {key}" for key in api_keys)
        self._openai = OpenAI()

    def answer(self, request: RecordedRequest) -> Reply:
        """Decide on the reply; notes the request's model."""
        path = request.path.partition("?")[0]
        if self._credentials is not None and request.header("authorization") not in self._credentials:
            request.model = read_model(request.body)
            return self._openai.error(Behaviour(status=401), None)
        if path == "/v1/chat/completions":
            return self._chat(request) if request.method == "POST" else self._wrong_method(request, "POST")
        if path == "/v1/models":
            return (
                self._openai.models(self._scripts.models or ("mock-model",))
                if request.method == "GET"
                else self._wrong_method(request, "GET")
            )
        missing = Behaviour(status=404, error_code="unknown_url")
        return self._openai.error(missing, None, f"Invalid URL ({request.method} {path})")

    def _chat(self, request: RecordedRequest) -> Reply:
        try:
            ask = read_chat(request.body)
            request.model = ask.model
            behaviour = self._scripts.next_for(ask.model)
        except (BadRequestError, ScriptError) as error:
            request.model = request.model or read_model(request.body)
            return self._openai.error(Behaviour(status=400), request.model, str(error))
        return self._openai.chat(ask, behaviour)

    def _wrong_method(self, request: RecordedRequest, allowed: str) -> Reply:
        behaviour = Behaviour(status=405, headers={"allow": allowed})
        return self._openai.error(behaviour, None, f"Not allowed to {request.method} on this endpoint; use {allowed}.")
