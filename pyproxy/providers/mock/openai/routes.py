"""OpenAI's paths, behind `/v1` and behind Azure's prefixes, and what holds for all of them: keys, scripts and refusals."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Final, TypeAlias

from pyproxy.providers.mock.answer import decide
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai import chat, chat_request, checks, completions, embeddings, mistral, responses_request, responses_stream
from pyproxy.providers.mock.openai.bounds import check_bound
from pyproxy.providers.mock.openai.chat_request import ChatAsk, read_document, read_model
from pyproxy.providers.mock.openai.conversation import unknown_member
from pyproxy.providers.mock.openai.efforts import check_effort
from pyproxy.providers.mock.openai.errors import error_body, refusal_body
from pyproxy.providers.mock.openai.reasoners import check_reasoning
from pyproxy.providers.mock.openai.responses import Memory, respond
from pyproxy.providers.mock.openai.responses_request import ResponsesAsk
from pyproxy.providers.mock.openai.schemas import check_schemas
from pyproxy.providers.mock.reading import model_of
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import BadRequestError, Reply, Stream
from pyproxy.providers.mock.script import ScriptError, Scripts

_EVENTS: Final = "text/event-stream; charset=utf-8"
_ERRORS_BEGIN: Final = 400
_REASONED: Final = ("/chat/completions", "/responses")

_Read: TypeAlias = Callable[[dict[str, Any], str], Any]
_Render: TypeAlias = Callable[[Any, Behaviour], Reply]
_Operation: TypeAlias = tuple[Mapping[str, checks.Check], _Read, _Render]


class OpenAI:
    """Answers OpenAI's routes; owns the counter behind its ids and the responses that it remembers.

    Args:
        scripts: What each model does.
        api_keys: Keys that are let in as `Authorization: Bearer`, or None for everyone.
    """

    def __init__(self, scripts: Scripts, api_keys: Collection[str] | None) -> None:
        self._scripts = scripts
        self._credentials = None if api_keys is None else frozenset(f"Bearer {key}" for key in api_keys)
        self._numbers = count(1)
        self._memory = Memory()
        self._posts: Mapping[str, _Operation] = {
            "/chat/completions": (chat_request.KNOWN, chat_request.read_chat, self._chat),
            "/completions": (completions.KNOWN, completions.read_completion, self._completion),
            "/embeddings": (embeddings.KNOWN, embeddings.embeddings, self._embeddings),
            "/responses": (
                {**responses_request.KNOWN, "previous_response_id": self._memory.known},
                self._memory.read,
                self._responses,
            ),
        }

    def answer(self, request: RecordedRequest, path: str) -> Reply:
        """Decide on the reply; notes the request's model.

        Args:
            request: The request.
            path: Its path, without the query and the `/v1` ahead of it.
        """
        if self._credentials is not None and request.header("authorization") not in self._credentials:
            request.model = model_of(request.body)
            return self.error(Behaviour(status=401), None)
        return self.serve(request, path)

    def serve(self, request: RecordedRequest, path: str, model: str | None = None) -> Reply:
        """Decide on the reply to a request that was let in.

        Args:
            request: The request.
            path: Its path, without the query and the `/v1` ahead of it.
            model: The model where the path names it, as Azure's do.
        """
        if path in self._posts:
            return self._post(request, path, model) if request.method == "POST" else self._wrong_method(request, "POST")
        collection, _, name = path.removeprefix("/").partition("/")
        try:
            if collection == "models":
                return self._models(name) if request.method == "GET" else self._wrong_method(request, "GET")
            if collection == "responses" and request.method in {"GET", "DELETE"}:
                found = self._memory.fetch(name) if request.method == "GET" else self._memory.forget(name)
                return self._json(found, Behaviour())
        except BadRequestError as error:
            return self._refused(error)
        missing = Behaviour(status=404, error_code="unknown_url")
        return self.error(missing, None, f"Invalid URL ({request.method} {request.route})")

    def error(self, behaviour: Behaviour, model: str | None, message: str | None = None) -> Reply:
        """Give the error that the behaviour's status means; its delays and faults hold for the error too."""
        body = behaviour.body if behaviour.body is not None else error_body(behaviour, model, message)
        return Reply(behaviour.status, body, behaviour, self._headers())

    def _post(self, request: RecordedRequest, path: str, model: str | None) -> Reply:
        known, read, render = self._posts[path]
        document: dict[str, Any] = {}
        try:
            document = read_document(request.body)
            request.model = model = model or read_model(document)
            if self._scripts.upcoming(model).lenient:
                document = checks.overlooked(document, known)
            elif path == "/chat/completions" and mistral.is_mistrals(model):
                mistral.check_members(document)
                known = {**known, **dict.fromkeys(document.keys() - known.keys(), checks.anything)}
            unknown = checks.parameters(document, known) or unknown_member(document.get("messages"))
            ask = read(document, model)
            behaviour = self._scripts.next_for(model)
            if behaviour.body is None and behaviour.status < _ERRORS_BEGIN:
                _check_support(document, behaviour, unknown)
                if path in _REASONED and not behaviour.lenient:
                    check_reasoning(document, model)
                    check_bound(document, model)
                    check_effort(document, model)
                    check_schemas(document)
        except (BadRequestError, ScriptError) as error:
            if request.model is None:
                request.model = document.get("model") if isinstance(document.get("model"), str) else None
            refusal = error if isinstance(error, BadRequestError) else BadRequestError(str(error))
            return self._refused(refusal)
        if behaviour.body is not None or behaviour.status >= _ERRORS_BEGIN:
            return self.error(behaviour, model)
        return render(ask, behaviour)

    def _chat(self, ask: ChatAsk, behaviour: Behaviour) -> Reply:
        if behaviour.prefill == "refuse" and ask.prefill is not None:
            return self.error(replace(behaviour, status=400, error_code="invalid_prefill"), ask.model)
        number = next(self._numbers)
        answer = decide(ask, behaviour)
        base = {"id": f"chatcmpl-mock{number}", "created": int(time.time()), "model": ask.model}
        if ask.stream:
            return self._events(chat.stream(base, ask, behaviour, answer, number), behaviour)
        return self._json(chat.completion(base, ask, answer, number), behaviour)

    def _completion(self, asked: completions.CompletionAsk, behaviour: Behaviour) -> Reply:
        base = {"id": f"cmpl-mock{next(self._numbers)}", "created": int(time.time()), "model": asked.asks[0].model}
        if asked.stream:
            return self._events(completions.stream(base, asked, behaviour), behaviour)
        return self._json(completions.completion(base, asked, behaviour), behaviour)

    def _embeddings(self, found: dict[str, Any], behaviour: Behaviour) -> Reply:
        return self._json(found, behaviour)

    def _responses(self, ask: ResponsesAsk, behaviour: Behaviour) -> Reply:
        response = respond(ask, behaviour, next(self._numbers), int(time.time()))
        if ask.store:
            self._memory.keep(response, ask.items)
        return self._events(responses_stream.stream(response, behaviour), behaviour) if ask.stream else self._json(response, behaviour)

    def _models(self, name: str) -> Reply:
        if name:
            return self._json(_model(name), Behaviour())
        data = [_model(each) for each in self._scripts.models or ("mock-model",)]
        return self._json({"object": "list", "data": data}, Behaviour())

    def _wrong_method(self, request: RecordedRequest, allowed: str) -> Reply:
        behaviour = Behaviour(status=405, headers={"allow": allowed})
        return self.error(behaviour, None, f"Not allowed to {request.method} on this endpoint; use {allowed}.")

    def _refused(self, error: BadRequestError) -> Reply:
        return Reply(error.status, refusal_body(error), Behaviour(), self._headers())

    def _json(self, document: dict[str, Any], behaviour: Behaviour) -> Reply:
        return Reply(behaviour.status, json.dumps(document).encode(), behaviour, self._headers())

    def _events(self, stream: Stream, behaviour: Behaviour) -> Reply:
        return Reply(behaviour.status, stream, behaviour, self._headers(), _EVENTS)

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return (("x-request-id", f"req_mock{next(self._numbers)}"),)


def _check_support(document: Mapping[str, Any], behaviour: Behaviour, unknown: str | None) -> None:
    if unknown is not None and not behaviour.lenient:
        raise BadRequestError(f"Unknown parameter: '{unknown}'.", code="unknown_parameter", param=unknown)
    for name in behaviour.refuses:
        if name in document:
            text = f"Unsupported parameter: '{name}' is not supported with this model."
            raise BadRequestError(text, code="unsupported_parameter", param=name)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "mock"}
