"""The whole document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.http.openapi import administration, calls, control
from pyproxy.http.openapi.answers import ANSWERS, ERROR_RESPONSES, ERRORS
from pyproxy.http.openapi.bodies import BODIES
from pyproxy.http.openapi.headers import HEADERS, PARAMETERS

if TYPE_CHECKING:
    from pyproxy.http.openapi.shorthand import Json

__all__ = ["openapi"]

_ABOUT = """\
An LLM sidecar: the APIs of OpenAI, Anthropic and Google, each over providers of any of the three.

The model that a request asks for is a target. Bodies name the members that the sidecar reads; everything else passes, too. \
A client's credential, in whatever header it comes, is neither checked nor passed on. Requests of web pages are refused."""


def openapi(version: str) -> Json:
    """The document, in OpenAPI 3.1.

    Args:
        version: the sidecar's.
    """
    paths: Json = {}
    for path, operations in (*calls.call_paths(), *control.control_paths(), *administration.administration_paths()):
        paths.setdefault(path, {}).update(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "pyproxy", "version": version, "description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "tags": [
            {"name": name, "description": description}
            for name, description in {**calls.TAGS, **control.TAGS, **administration.TAGS}.items()
        ],
        "paths": paths,
        "components": {
            "schemas": {
                **{f"{name}_request": body for name, body in BODIES.items()},
                **{f"{name}_answer": body for name, body in ANSWERS.items()},
                **{f"{name}_error": body for name, body in ERRORS.items()},
                **control.SCHEMAS,
                **administration.SCHEMAS,
            },
            "responses": dict(ERROR_RESPONSES),
            "parameters": dict(PARAMETERS),
            "headers": dict(HEADERS),
            "securitySchemes": {"admin_token": {"type": "http", "scheme": "bearer", "description": "`server.admin_token`"}},
        },
    }
