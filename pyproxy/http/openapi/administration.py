"""The routes under ``/admin/v1``, which want a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.openapi.answers import JSON_TYPE, error, plain
from pyproxy.http.openapi.operations import operation, path_parameter
from pyproxy.http.openapi.shorthand import ANYTHING, COUNT, NUMBER, OBJECT, STRING, array, nullable, one_of, record, ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["SCHEMAS", "TAGS", "administration_paths"]

TAGS: Mapping[str, str] = {
    "admin": "For operators, with `server.admin_token` as a bearer token; there is none of it where no token is configured.",
}

_VIEWS: Mapping[str, str] = {
    "status": "Show what is configured, what is under way and how all goes",
    "groups": "Show each group and echelon",
    "models": "Show each model and its instances",
    "wrappers": "Show each wrapper",
    "nodes": "Show each node",
    "sessions": "Show how many sessions are kept",
    "fallbacks": "Show the last requests that fell back, and why",
    "alerts": "Show the last alerts",
}
"""By the last word of their paths."""

_FAULT = record({"severity": nullable(STRING), "message": nullable(STRING)}, file=ANYTHING, line=ANYTHING, column=ANYTHING, path=ANYTHING)
_INSTANCE = record({"instance": STRING, "model": STRING, "provider": STRING, "health": STRING, "breaker": STRING, "in_flight": COUNT})

SCHEMAS: Mapping[str, Json] = {
    "pool": record({"name": STRING, "rotation_strategy": STRING, "in_flight": COUNT, "available": COUNT, "instances": array(_INSTANCE)}),
    "reload": record({"revision": ANYTHING, "old_revision": ANYTHING, "changes": OBJECT, "warnings": array(_FAULT)}),
    "faults": record({"error": record({"message": STRING}), "faults": array(_FAULT)}),
    "route_question": record(
        {"target": STRING},
        messages=one_of(STRING, array(OBJECT)),
        fault=STRING,
        node=STRING,
        session=STRING,
        priority=STRING,
        timeout=NUMBER,
        fallback_groups=array(STRING),
    ),
}

_SECURED: Json = {"security": [{"admin_token": []}]}
_BARRED: Mapping[str, Json] = {
    "401": error("openai", "The token is missing or wrong."),
    "404": error("openai", "No token is configured, or there is no such thing."),
}


def administration_paths() -> Iterator[tuple[str, Json]]:
    """Every path with what can be asked there."""
    for name, summary in _VIEWS.items():
        view = operation(f"admin_{name}", summary, "admin", plain("What there is to tell.", OBJECT), responses={**_BARRED}, **_SECURED)
        yield f"/admin/v1/{name}", {"get": view}
    yield "/admin/v1/pools", {"get": _pools()}
    yield "/admin/v1/pools/{name}", {"get": _pool()}
    yield "/admin/v1/route", {"post": _route()}
    yield "/admin/v1/reload", {"post": _reload()}


def _pools() -> Json:
    shown = plain("All pools.", record({"pools": array(ref("schemas", "pool"))}))
    return operation("admin_pools", "Show all polling pools", "admin", shown, responses={**_BARRED}, **_SECURED)


def _pool() -> Json:
    shown = plain("The pool.", ref("schemas", "pool"))
    name = [path_parameter("name", "The pool's name.")]
    return operation("admin_pool", "Show one polling pool", "admin", shown, responses={**_BARRED}, parameters=name, **_SECURED)


def _route() -> Json:
    told = plain("The calls that a request would lead to now, none of which is made.", OBJECT)
    body = {"required": True, "content": {JSON_TYPE: {"schema": ref("schemas", "route_question")}}}
    summary = "Tell what would become of a request"
    return operation("admin_route", summary, "admin", told, responses={**_BARRED}, requestBody=body, **_SECURED)


def _reload() -> Json:
    told = plain("What has changed.", ref("schemas", "reload"))
    refused = {
        "422": plain("The configuration cannot be used; the one in force stays.", ref("schemas", "faults")),
        "503": error("openai", "The sidecar is stopping."),
    }
    return operation("reload", "Read the configuration again", "admin", told, responses={**_BARRED, **refused}, **_SECURED)
