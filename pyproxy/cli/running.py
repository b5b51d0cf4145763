"""Asks a sidecar that runs: its admin routes, with the operator's token."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click
import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["foreseen_there"]

_TOKEN_VARIABLE = "PYPROXY_ADMIN_TOKEN"  # noqa: S105 - where it is, not what it is
_PATIENCE_S = 10.0
_UNAUTHORIZED, _NOT_FOUND = 401, 404


def foreseen_there(url: str, token: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a running sidecar says would become of a request now.

    Raises:
        ClickException: it does not answer, or refuses to.
    """
    if not token:
        raise click.ClickException(f"a running sidecar tells its operator alone: give server.admin_token by --token or {_TOKEN_VARIABLE}")
    try:
        response = asyncio.run(_asked(f"{url.rstrip('/')}/admin/v1/route", token, fields))
        answer = response.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        raise click.ClickException(f"no sidecar answers at {url}: {error or type(error).__name__}") from None
    except ValueError:
        raise click.ClickException(f"what answers at {url} is no sidecar") from None
    if response.status_code == httpx2.codes.OK and isinstance(answer, dict):
        return answer
    if response.status_code == _NOT_FOUND and "nothing at" in response.text:
        raise click.ClickException(f"the sidecar at {url} has no admin routes: set server.admin_token in its configuration")
    if response.status_code == _UNAUTHORIZED:
        raise click.ClickException(
            f"the sidecar at {url} does not take this token: --token and {_TOKEN_VARIABLE} are its server.admin_token"
        )
    raise click.ClickException(_message(answer) or f"the sidecar at {url} answered {response.status_code}")


async def _asked(url: str, token: str, fields: Mapping[str, Any]) -> httpx2.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with asyncio.timeout(_PATIENCE_S), httpx2.AsyncClient(trust_env=False, timeout=None) as client:
        return await client.post(url, content=json.dumps(fields), headers=headers)


def _message(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
