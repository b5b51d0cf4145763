"""The mock's own routes under `/mock/`: what it saw, and new scripts while it runs. They need no key and are not recorded."""

import json
from collections import Counter
from typing import Any, Final
from urllib.parse import unquote

from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.recording import RecordedRequest, Recorder
from pyproxy.providers.mock.reply import Reply
from pyproxy.providers.mock.script import ScriptError, Scripts, behaviours_from_json

PREFIX: Final = "/mock/"

_MODELS: Final = "/mock/models/"
_SECRET: Final = frozenset({b"authorization", b"proxy-authorization", b"x-api-key", b"x-goog-api-key", b"api-key"})
_ROUTES: Final = "GET /mock/status, GET /mock/requests, DELETE /mock/requests, PUT /mock/models/NAME"


class Control:
    """Answers the control routes.

    Args:
        scripts: What `PUT /mock/models/NAME` changes.
        recorder: What the other routes read and clear.
    """

    def __init__(self, scripts: Scripts, recorder: Recorder) -> None:
        self._scripts = scripts
        self._recorder = recorder

    def answer(self, request: RecordedRequest) -> Reply:
        """Carry out a control request."""
        path = request.path.partition("?")[0]
        # A model name may itself hold a `?` when it is quoted; unquoted it would be the query, so only the path counts here.
        if request.method == "PUT" and path.startswith(_MODELS) and path != _MODELS:
            return self._script(unquote(path.removeprefix(_MODELS)), request.body)
        match (request.method, path):
            case ("GET", "/mock/status"):
                return _json(200, self._status())
            case ("GET", "/mock/requests"):
                return _json(200, [_visible(each) for each in self._recorder.requests])
            case ("DELETE", "/mock/requests"):
                self._recorder.clear()
                return _json(200, self._status())
        return _json(404, {"error": f"no such control route: {request.method} {path}; there are {_ROUTES}"})

    def _script(self, model: str, body: bytes) -> Reply:
        try:
            behaviours = behaviours_from_json(json.loads(body), place=f"models.{model}")
            self._scripts.put(model, behaviours)
        except ScriptError as error:
            return _json(400, {"error": str(error)})
        except ValueError as error:
            return _json(400, {"error": f"the body is not JSON: {error}"})
        return _json(200, {"model": model, "behaviours": len(behaviours)})

    def _status(self) -> dict[str, Any]:
        recorder = self._recorder
        return {
            "arrived": recorder.arrived,
            "in_flight": recorder.in_flight,
            "peak_in_flight": recorder.peak_in_flight,
            "models": dict(recorder.models),
            "outcomes": dict(Counter(each.outcome for each in recorder.requests)),
        }


def _json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value).encode(), Behaviour())


def _visible(request: RecordedRequest) -> dict[str, Any]:
    headers = [(name.decode("latin-1"), "***" if name.lower() in _SECRET else value.decode("latin-1")) for name, value in request.headers]
    return {
        "method": request.method,
        "path": request.path,
        "headers": headers,
        "body": request.body.decode(errors="replace"),
        "model": request.model,
        "status": request.status,
        "outcome": request.outcome,
        "chunks_sent": request.chunks_sent,
        "arrived_ns": request.arrived_ns,
        "ended_ns": request.ended_ns,
        "closed_ns": request.closed_ns,
    }
