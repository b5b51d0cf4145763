"""Gemini's paths, behind `/v1` and `/v1beta`, and what holds for all of them: keys, scripts and refusals."""

import json
from collections.abc import Collection
from dataclasses import replace
from itertools import count
from typing import Any, Final
from urllib.parse import unquote

from pyproxy.providers.mock.answer import decide
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.gemini import fields
from pyproxy.providers.mock.gemini.catalogue import embedding, page
from pyproxy.providers.mock.gemini.catalogue import model as one_model
from pyproxy.providers.mock.gemini.conversation import check_conversation
from pyproxy.providers.mock.gemini.errors import RefusedError, delay_of, error_body, invalid_key, missing_key, refusal_body, written
from pyproxy.providers.mock.gemini.generate import Rendering, count_words, read_ask
from pyproxy.providers.mock.gemini.settings import check_settings
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import BadRequestError, Reply
from pyproxy.providers.mock.script import ScriptError, Scripts

Json = dict[str, Any]

_JSON: Final = "application/json; charset=UTF-8"
_EVENTS: Final = "text/event-stream"
_NOT_FOUND: Final = b"<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>The requested URL was not found.\n"
_ERRORS_BEGIN: Final = 400
_MESSAGES: Final = {
    "generateContent": fields.GENERATE,
    "streamGenerateContent": fields.GENERATE,
    "countTokens": fields.COUNT,
    "embedContent": fields.EMBED,
    "batchEmbedContents": fields.BATCH_EMBED,
}


class Gemini:
    """Answers Gemini's routes; owns the counter behind its ids.

    Args:
        scripts: What each model does.
        api_keys: Keys that are let in as `x-goog-api-key` or in the query as `key`, or None for everyone.
    """

    def __init__(self, scripts: Scripts, api_keys: Collection[str] | None) -> None:
        self._scripts = scripts
        self._api_keys = None if api_keys is None else frozenset(api_keys)
        self._numbers = count(1)

    def answer(self, request: RecordedRequest, path: str) -> Reply:
        """Decide on the reply; notes the request's model, which the path names.

        Args:
            request: The request.
            path: Its path, without the query.
        """
        _, _, collection, *rest = [*path.split("/", 3), ""]
        named, _, method = rest[0].rpartition(":") if request.method == "POST" else (rest[0], "", "")
        request.model = unquote(named) or None
        in_array = method == "streamGenerateContent" and request.query.get("alt") != "sse"
        try:
            self._admit(request)
            if collection != "models" or (request.method == "POST") != (method in _MESSAGES):
                return Reply(404, _NOT_FOUND, Behaviour(), (), "text/html; charset=UTF-8")
            if request.method != "POST":
                return self._json(one_model(unquote(named)) if named else self._models(request), Behaviour())
            return self._call(request, unquote(named), method, in_array=in_array)
        except BadRequestError as error:
            return Reply(error.status, written(refusal_body(error), in_array=in_array), Behaviour(), (), _JSON)
        except ScriptError as error:
            return Reply(400, written(refusal_body(RefusedError(str(error))), in_array=in_array), Behaviour(), (), _JSON)

    def _admit(self, request: RecordedRequest) -> None:
        if self._api_keys is None:
            return
        key = request.header("x-goog-api-key") or request.query.get("key")
        if key is None:
            raise missing_key()
        if key not in self._api_keys:
            raise invalid_key()

    def _models(self, request: RecordedRequest) -> Json:
        return page(self._scripts.models or ("mock-model",), request.query)

    def _call(self, request: RecordedRequest, model: str, method: str, *, in_array: bool) -> Reply:
        try:
            document = json.loads(request.body)
        except ValueError as error:
            raise RefusedError(f"Invalid JSON payload received. {error}") from None
        asked = fields.read(document, _MESSAGES[method])
        _check(asked, model, method)
        behaviour = self._scripts.next_for(model)
        if behaviour.body is not None or behaviour.status >= _ERRORS_BEGIN:
            return self._failed(behaviour, model, in_array=in_array)
        for name in behaviour.refuses:
            if name in (asked.get("generationConfig") or {}):
                raise RefusedError(f"{name} is not supported for this model.")
        match method:
            case "countTokens":
                total = count_words(asked.get("generateContentRequest") or asked)
                details = [{"modality": "TEXT", "tokenCount": total}]
                return self._json({"totalTokens": total, "promptTokensDetails": details}, behaviour)
            case "embedContent":
                return self._json({"embedding": embedding(asked)}, behaviour)
            case "batchEmbedContents":
                return self._json({"embeddings": [embedding(each) for each in asked["requests"]]}, behaviour)
        return self._content(asked, model, behaviour, method, in_array=in_array)

    def _content(self, asked: Json, model: str, behaviour: Behaviour, method: str, *, in_array: bool) -> Reply:
        ask = read_ask(asked, model, stream=method == "streamGenerateContent")
        if behaviour.prefill == "refuse" and ask.prefill is not None:
            return self._failed(replace(behaviour, status=400, error_code="invalid_prefill"), model, in_array=in_array)
        candidates = (asked.get("generationConfig") or {}).get("candidateCount") or 1
        rendering = Rendering(ask, decide(ask, behaviour), next(self._numbers), candidates)
        if ask.stream:
            stream = rendering.stream(behaviour, events=not in_array)
            return Reply(behaviour.status, stream, behaviour, (), _JSON if in_array else _EVENTS)
        return self._json(rendering.response(), behaviour)

    def _failed(self, behaviour: Behaviour, model: str, *, in_array: bool) -> Reply:
        body = behaviour.body if behaviour.body is not None else written(error_body(behaviour, model), in_array=in_array)
        # The delay is in the details; a header is left to what cannot be said there.
        played = replace(behaviour, retry_after=None) if delay_of(behaviour) is not None else behaviour
        return Reply(behaviour.status, body, played, (), _JSON)

    def _json(self, document: Json, behaviour: Behaviour) -> Reply:
        return Reply(behaviour.status, json.dumps(document, indent=2).encode(), behaviour, (), _JSON)


def _check(asked: Json, model: str, method: str) -> None:
    match method:
        case "countTokens":
            check_conversation(asked.get("generateContentRequest") or asked, model)
        case "embedContent":
            embedding(asked)
        case "batchEmbedContents":
            if not asked.get("requests"):
                raise RefusedError("* BatchEmbedContentsRequest.requests: requests is not specified\n")
            for index, each in enumerate(asked["requests"]):
                if each.get("model", "").removeprefix("models/") != model:
                    raise RefusedError(f"* BatchEmbedContentsRequest.requests[{index}].model: must match the model of the batch\n")
                embedding(each)
        case _:
            check_conversation(asked, model)
            check_settings(asked, model)
