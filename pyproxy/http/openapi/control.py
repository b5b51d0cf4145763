"""The routes that call no model and want no token: lists of targets, probes, metrics and this document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.asked import GEMINI_VERSIONS
from pyproxy.http.openapi.answers import ERRORS, error, plain
from pyproxy.http.openapi.operations import operation, path_parameter
from pyproxy.http.openapi.shorthand import BOOLEAN, COUNT, OBJECT, STRING, array, one_of, record, ref, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["SCHEMAS", "TAGS", "control_paths"]

TAGS: Mapping[str, str] = {
    "models": "What can be asked for.",
    "operations": "Probes, metrics and this description.",
}

_MODELS: Mapping[str, Json] = {
    "openai": record({"id": STRING, "object": said("model"), "created": COUNT, "owned_by": STRING}),
    "anthropic": record({"type": said("model"), "id": STRING, "display_name": STRING, "created_at": STRING}),
    "google": record({"name": STRING, "displayName": STRING, "supportedGenerationMethods": array(STRING)}),
    "codex": record({"slug": STRING, "display_name": STRING, "base_instructions": STRING}),
}

SCHEMAS: Mapping[str, Json] = {
    "model": one_of(*_MODELS.values()),
    "models": one_of(
        record({"object": said("list"), "data": array(_MODELS["openai"])}),
        record({"data": array(_MODELS["anthropic"]), "has_more": BOOLEAN}),
        record({"models": array(_MODELS["google"])}),
        record({"models": array(_MODELS["codex"])}),
    ),
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
    yield "/openapi.json", {"get": operation("openapi", "This document", "operations", plain("The document.", OBJECT))}
    yield "/docs", {"get": operation("docs", "This document for people", "operations", plain("A page.", STRING, "text/html"))}


def _models() -> Iterator[tuple[str, Json]]:
    for version in GEMINI_VERSIONS:
        suffix, api = version.strip("/"), "gemini" if version == "/v1beta" else "openai"
        shaping = _SHAPING if api == "openai" else []
        listed, shown = (plain(_SHAPES, ref("schemas", schema)) for schema in ("models", "model"))
        missing = {"404": plain("There is no such target.", one_of(*(ref("schemas", f"{name}_error") for name in ERRORS)))}
        target = path_parameter("target", "The target's name.")
        yield (
            f"{version}/models",
            {"get": operation(f"models_{suffix}", "List all targets", "models", listed, parameters=shaping, api=api)},
        )
        entry = operation(f"model_{suffix}", "Show one target", "models", shown, parameters=[target, *shaping], responses=missing, api=api)
        yield f"{version}/models/{{target}}", {"get": entry}


def _probes() -> Iterator[tuple[str, Json]]:
    alive = plain("The process serves.", record({"status": said("alive")}))
    ready = plain("New requests are taken.", record({"status": said("ready"), "config": OBJECT}))
    draining = {"503": plain("The sidecar is stopping.", record({"status": said("draining")}))}
    yield "/livez", {"get": operation("livez", "Whether the process serves", "operations", alive)}
    yield "/readyz", {"get": operation("readyz", "Whether new requests are taken", "operations", ready, responses=draining)}
    exposition = plain("In Prometheus' text format.", STRING, "text/plain")
    yield "/metrics", {"get": operation("metrics", "What Prometheus collects", "operations", exposition)}
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
