"""The routes that call no model: lists of targets, probes, metrics, administration and this document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyproxy.http.asked import GEMINI_VERSIONS
from pyproxy.http.openapi.answers import ERRORS, error, plain
from pyproxy.http.openapi.shorthand import ANYTHING, BOOLEAN, COUNT, OBJECT, STRING, array, nullable, one_of, record, ref, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["SCHEMAS", "TAGS", "control_paths"]

TAGS: Mapping[str, str] = {
    "models": "What can be asked for.",
    "operations": "Probes, metrics and this description.",
    "admin": "For operators, with `server.admin_token` as a bearer token; there is none of it where no token is configured.",
}

_MODELS: Mapping[str, Json] = {
    "openai": record({"id": STRING, "object": said("model"), "created": COUNT, "owned_by": STRING}),
    "anthropic": record({"type": said("model"), "id": STRING, "display_name": STRING, "created_at": STRING}),
    "google": record({"name": STRING, "displayName": STRING, "supportedGenerationMethods": array(STRING)}),
    "codex": record({"slug": STRING, "display_name": STRING, "base_instructions": STRING}),
}
_FAULT = record({"severity": nullable(STRING), "message": nullable(STRING)}, file=ANYTHING, line=ANYTHING, column=ANYTHING, path=ANYTHING)
_INSTANCE = record({"instance": STRING, "model": STRING, "provider": STRING, "health": STRING, "breaker": STRING, "in_flight": COUNT})

SCHEMAS: Mapping[str, Json] = {
    "model": one_of(*_MODELS.values()),
    "models": one_of(
        record({"object": said("list"), "data": array(_MODELS["openai"])}),
        record({"data": array(_MODELS["anthropic"]), "has_more": BOOLEAN}),
        record({"models": array(_MODELS["google"])}),
        record({"models": array(_MODELS["codex"])}),
    ),
    "pool": record({"name": STRING, "rotation_strategy": STRING, "in_flight": COUNT, "available": COUNT, "instances": array(_INSTANCE)}),
    "reload": record({"revision": ANYTHING, "old_revision": ANYTHING, "changes": OBJECT, "warnings": array(_FAULT)}),
    "faults": record({"error": record({"message": STRING}), "faults": array(_FAULT)}),
}

_SHAPES = (
    "In Anthropic's shape where `anthropic-version` is sent, in Google's under `/v1beta` or with an `x-goog-*` header, "
    "in Codex's with `client_version` in the query, else in OpenAI's."
)
_SHAPING = [
    {"name": "anthropic-version", "in": "header", "schema": STRING, "description": "Asks for Anthropic's shape."},
    {"name": "client_version", "in": "query", "schema": STRING, "description": "Asks for Codex's shape."},
]


def control_paths() -> Iterator[tuple[str, Json]]:
    """Every path with what can be asked there."""
    yield from _models()
    yield from _probes()
    yield from _administration()
    yield "/openapi.json", {"get": _operation("openapi", "This document", "operations", plain("The document.", OBJECT))}
    yield "/docs", {"get": _operation("docs", "This document for people", "operations", plain("A page.", STRING, "text/html"))}


def _operation(operation_id: str, summary: str, tag: str, answered: Json, **more: Any) -> Json:
    responses = {"200": answered, **more.pop("responses", {}), "default": error(more.pop("api", "openai"), "The request is refused.")}
    return {"operationId": operation_id, "summary": summary, "tags": [tag], **more, "responses": responses}


def _path_parameter(name: str, description: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {**STRING, "minLength": 1}, "description": description}


def _models() -> Iterator[tuple[str, Json]]:
    for version in GEMINI_VERSIONS:
        suffix, api = version.strip("/"), "gemini" if version == "/v1beta" else "openai"
        shaping = _SHAPING if api == "openai" else []
        listed, shown = (plain(_SHAPES, ref("schemas", schema)) for schema in ("models", "model"))
        missing = {"404": plain("There is no such target.", one_of(*(ref("schemas", f"{name}_error") for name in ERRORS)))}
        target = _path_parameter("target", "The target's name.")
        yield (
            f"{version}/models",
            {"get": _operation(f"models_{suffix}", "List all targets", "models", listed, parameters=shaping, api=api)},
        )
        entry = _operation(f"model_{suffix}", "Show one target", "models", shown, parameters=[target, *shaping], responses=missing, api=api)
        yield f"{version}/models/{{target}}", {"get": entry}


def _probes() -> Iterator[tuple[str, Json]]:
    alive = plain("The process serves.", record({"status": said("alive")}))
    ready = plain("New requests are taken.", record({"status": said("ready"), "config": OBJECT}))
    draining = {"503": plain("The sidecar is stopping.", record({"status": said("draining")}))}
    yield "/livez", {"get": _operation("livez", "Whether the process serves", "operations", alive)}
    yield "/readyz", {"get": _operation("readyz", "Whether new requests are taken", "operations", ready, responses=draining)}
    exposition = plain("In Prometheus' text format.", STRING, "text/plain")
    yield "/metrics", {"get": _operation("metrics", "What Prometheus collects", "operations", exposition)}
    hello: Json = {"tags": ["operations"], "summary": "Whether anybody is here, as Claude Code asks it"}
    there = {"204": plain("Somebody is."), "default": error("openai", "The request is refused.")}
    yield (
        "/api/hello",
        {
            "get": {"operationId": "hello", **hello, "responses": there},
            "head": {"operationId": "hello_head", **hello, "responses": {"204": plain("Somebody is."), "default": plain("Refused.")}},
        },
    )
    no_socket = {"426": error("openai", "There is none; ask by POST.")}
    refused = {"operationId": "no_websocket", "summary": "Refuse Codex's WebSocket", "tags": ["responses"], "responses": no_socket}
    yield "/v1/responses", {"get": refused}


def _administration() -> Iterator[tuple[str, Json]]:
    barred = {"401": error("openai", "The token is missing or wrong."), "404": error("openai", "No token is configured, or no such thing.")}
    secured: Json = {"security": [{"admin_token": []}]}
    reloaded = plain("What has changed.", ref("schemas", "reload"))
    faulty = {
        "422": plain("The configuration cannot be used; the one in force stays.", ref("schemas", "faults")),
        "503": error("openai", "The sidecar is stopping."),
    }
    reload = _operation("reload", "Read the configuration again", "admin", reloaded, responses={**barred, **faulty}, **secured)
    yield "/admin/v1/reload", {"post": reload}
    pools = plain("All pools.", record({"pools": array(ref("schemas", "pool"))}))
    yield "/admin/v1/pools", {"get": _operation("pools", "Show all polling pools", "admin", pools, responses=barred, **secured)}
    pool = plain("The pool.", ref("schemas", "pool"))
    name = [_path_parameter("name", "The pool's name.")]
    shown = _operation("pool", "Show one polling pool", "admin", pool, parameters=name, responses=barred, **secured)
    yield "/admin/v1/pools/{name}", {"get": shown}
