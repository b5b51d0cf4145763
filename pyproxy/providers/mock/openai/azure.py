"""Azure's form of OpenAI's API: the deployment in the path, `api-version` in the query, `api-key` in a header, and errors of its own."""

import json
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, Final
from urllib.parse import unquote

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai.routes import OpenAI
from pyproxy.providers.mock.reading import model_of
from pyproxy.providers.mock.recording import RecordedRequest
from pyproxy.providers.mock.reply import Reply, Stream

PREFIX: Final = "/openai/"

_DEPLOYMENTS: Final = "/openai/deployments/"
_V1: Final = "/openai/v1/"
_SAFE: Final = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_PROMPT: Final[list[dict[str, Any]]] = [{"prompt_index": 0, "content_filter_results": _SAFE}]
_DENIED: Final = (
    "Access denied due to invalid subscription key or wrong API endpoint. "
    "Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."
)
_NO_DEPLOYMENT: Final = (
    "The API deployment for this resource does not exist. "
    "If you created the deployment within the last 5 minutes, please wait a moment and try again."
)
_TOO_MANY: Final = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version {version} have exceeded call rate limit of your "
    "current OpenAI S0 pricing tier. Please retry after {after} seconds."
)


class Azure:
    """Answers Azure's routes.

    Args:
        openai: Answers what they have in common with OpenAI's.
        api_keys: Keys that are let in, in the header `api-key`; under `/openai/v1/` as bearer tokens too. None for everyone.
    """

    def __init__(self, openai: OpenAI, api_keys: Collection[str] | None) -> None:
        self._openai = openai
        self._api_keys = None if api_keys is None else frozenset(api_keys)

    def answer(self, request: RecordedRequest, path: str) -> Reply:
        """Decide on the reply; notes the request's model, which is the deployment where the path names one."""
        if not self._admitted(request, path):
            request.model = model_of(request.body)
            return _error(401, "401", _DENIED)
        if path.startswith(_V1):
            return self._openai.serve(request, path.removeprefix("/openai/v1"))
        version = request.query.get("api-version")
        deployment, _, rest = path.removeprefix(_DEPLOYMENTS).partition("/")
        if not version or not path.startswith(_DEPLOYMENTS) or rest not in {"chat/completions", "completions", "embeddings"}:
            return _error(404, "404", "Resource not found")
        reply = self._openai.serve(request, f"/{rest}", unquote(deployment))
        return _rewritten(reply, rest, version)

    def _admitted(self, request: RecordedRequest, path: str) -> bool:
        if self._api_keys is None or request.header("api-key") in self._api_keys:
            return True
        bearer = (request.header("authorization") or "").removeprefix("Bearer ")
        return path.startswith(_V1) and bearer in self._api_keys


def _rewritten(reply: Reply, operation: str, version: str) -> Reply:
    behaviour = reply.behaviour
    if behaviour.body is None and behaviour.error is None and behaviour.error_code is None:
        if reply.status == 429:  # noqa: PLR2004  # the one that says how long to wait
            text = _TOO_MANY.format(version=version, after=behaviour.retry_after or "1")
            return reply._replace(payload=_body("429", text))
        if reply.status == 404:  # noqa: PLR2004
            return reply._replace(payload=_body("DeploymentNotFound", _NO_DEPLOYMENT))
    if operation != "chat/completions" or behaviour.body is not None or reply.status >= 400:  # noqa: PLR2004  # the errors
        return reply
    return reply._replace(payload=_filtered(reply.payload))


def _filtered(payload: bytes | Stream) -> bytes | Stream:
    """Add what Azure's content filter has to say."""
    if isinstance(payload, Stream):
        first = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": _PROMPT}
        opening: Iterator[bytes] = chain([f"data: {json.dumps(first)}\n\n".encode()], payload.opening)
        return payload._replace(opening=list(opening))
    document = json.loads(payload)
    document["prompt_filter_results"] = _PROMPT
    for choice in document["choices"]:
        choice["content_filter_results"] = _SAFE
    return json.dumps(document).encode()


def _body(code: str, message: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, _body(code, message), Behaviour())
