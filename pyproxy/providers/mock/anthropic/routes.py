"""Anthropic's paths, and what holds for all of them: keys, the version header, scripts and refusals."""

import json
from collections.abc import Collection
from dataclasses import replace
from itertools import count
from typing import Any, Final
from urllib.parse import unquote

from pyproxy.providers.mock.answer import decide
from pyproxy.providers.mock.anthropic.caching import PromptCache, check_marks
from pyproxy.providers.mock.anthropic.conversation import check_conversation, check_sampling
from pyproxy.providers.mock.anthropic.errors import error_body, limit_headers, refusal_body
from pyproxy.providers.mock.anthropic.messages import Rendering, read_ask
from pyproxy.providers.mock.anthropic.models import model as one_model
from pyproxy.providers.mock.anthropic.models import page
from pyproxy.providers.mock.anthropic.shape import CountTokens, Create, SampledCreate, checked
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.reading import model_of
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import BadRequestError, Reply, Stream
from pyproxy.providers.mock.script import ScriptError, Scripts

_MESSAGES: Final = "/v1/messages"
_COUNT: Final = "/v1/messages/count_tokens"
_MODELS: Final = "/v1/models"
_LATEST: Final = "2026-10-21"
_VERSIONS: Final = frozenset({"2023-01-01", "2023-06-01", _LATEST})
_EVENTS: Final = "text/event-stream; charset=utf-8"
_ERRORS_BEGIN: Final = 400


class Anthropic:
    """Answers Anthropic's routes; owns the counter behind its ids and the prompt cache.

    Args:
        scripts: What each model does.
        api_keys: Keys that are let in as `x-api-key` or `Authorization: Bearer`, or None for everyone.
    """

    def __init__(self, scripts: Scripts, api_keys: Collection[str] | None) -> None:
        self._scripts = scripts
        self._api_keys = None if api_keys is None else frozenset(api_keys)
        self._numbers = count(1)
        self._cache = PromptCache()

    def answer(self, request: RecordedRequest, path: str) -> Reply:
        """Decide on the reply; notes the request's model.

        Args:
            request: The request.
            path: Its path, without the query.
        """
        request.model = model_of(request.body)
        try:
            return self._serve(request, path)
        except BadRequestError as error:
            return self._refused(error.status, error.code or "invalid_request_error", str(error))
        except ScriptError as error:
            return self._refused(400, "invalid_request_error", str(error))

    def _serve(self, request: RecordedRequest, path: str) -> Reply:
        self._admit(request)
        wanted = "POST" if path in {_MESSAGES, _COUNT} else "GET"
        if path not in {_MESSAGES, _COUNT, _MODELS} and not path.startswith(f"{_MODELS}/"):
            raise BadRequestError("Not found", code="not_found_error", status=404)
        if request.method != wanted:
            raise BadRequestError("Method Not Allowed", status=405)
        if wanted == "GET":
            return self._models(request, unquote(path.removeprefix(_MODELS).removeprefix("/")))
        return self._message(request) if path == _MESSAGES else self._count(request)

    def _admit(self, request: RecordedRequest) -> None:
        key = request.header("x-api-key")
        if key is None:
            key = (request.header("authorization") or "").removeprefix("Bearer ") or None
        if self._api_keys is not None and key not in self._api_keys:
            text = "x-api-key header is required" if key is None else "invalid x-api-key"
            raise BadRequestError(text, code="authentication_error", status=401)
        version = request.header("anthropic-version")
        if version is None:
            raise BadRequestError("anthropic-version: header is required")
        if version not in _VERSIONS:
            raise BadRequestError(f'anthropic-version: "{version}" is not a valid version')

    def _models(self, request: RecordedRequest, name: str) -> Reply:
        found = one_model(name) if name else page(self._scripts.models or ("mock-model",), request.query)
        return self._json(found, Behaviour())

    def _message(self, request: RecordedRequest) -> Reply:
        latest = request.header("anthropic-version") == _LATEST
        asked: Create = self._read(Create if latest else SampledCreate, request)
        check_conversation(asked, latest=latest)
        check_sampling(asked)
        check_marks(asked)
        behaviour = self._scripts.next_for(asked.model)
        if behaviour.body is not None or behaviour.status >= _ERRORS_BEGIN:
            return self._failed(behaviour, asked.model)
        if refused := [name for name in behaviour.refuses if name in asked.model_fields_set]:
            raise BadRequestError(f"`{refused[0]}` is deprecated for this model.")
        usage = self._cache.use(asked)
        ask = read_ask(asked, usage)
        if behaviour.prefill == "refuse" and ask.prefill is not None:
            return self._failed(replace(behaviour, status=400, error_code="invalid_prefill"), asked.model)
        number = next(self._numbers)
        rendering = Rendering(asked, decide(ask, behaviour), usage, number)
        if ask.stream:
            error = error_body(behaviour, asked.model, f"req_mock{number}")
            return self._reply(rendering.stream(behaviour, error), behaviour, _EVENTS)
        return self._json(rendering.message(), behaviour)

    def _count(self, request: RecordedRequest) -> Reply:
        asked: CountTokens = self._read(CountTokens, request)
        check_conversation(asked, latest=request.header("anthropic-version") == _LATEST)
        behaviour = self._scripts.next_for(asked.model)
        if behaviour.body is not None or behaviour.status >= _ERRORS_BEGIN:
            return self._failed(behaviour, asked.model)
        return self._json({"input_tokens": PromptCache().use(asked).total}, behaviour)

    def _read(self, shape: type[CountTokens], request: RecordedRequest) -> Any:
        try:
            document = json.loads(request.body)
        except ValueError as error:
            raise BadRequestError(f"The request body is not valid JSON: {error}") from None
        return checked(shape, document)

    def _failed(self, behaviour: Behaviour, model: str) -> Reply:
        request_id = self._request_id()
        body = behaviour.body if behaviour.body is not None else error_body(behaviour, model, request_id)
        return Reply(behaviour.status, body, behaviour, (("request-id", request_id), *limit_headers(behaviour)))

    def _refused(self, status: int, kind: str, message: str) -> Reply:
        request_id = self._request_id()
        body = refusal_body(message, request_id, kind=kind)
        return Reply(status, body, Behaviour(), (("request-id", request_id), ("x-should-retry", "false")))

    def _json(self, document: dict[str, Any], behaviour: Behaviour) -> Reply:
        return self._reply(json.dumps(document).encode(), behaviour, "application/json")

    def _reply(self, payload: bytes | Stream, behaviour: Behaviour, content_type: str) -> Reply:
        headers = (("request-id", self._request_id()), *limit_headers(behaviour))
        return Reply(behaviour.status, payload, behaviour, headers, content_type)

    def _request_id(self) -> str:
        return f"req_mock{next(self._numbers)}"
