"""The live demo: prints what to paste, then a line for each request as it passes."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pyproxy.cli.demo.stage import set_stage
from pyproxy.cli.signals import stop_requested
from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from pyproxy.domain import RequestRecord

__all__ = ["run_demo"]

_WELCOME = """\
pyproxy demo at {address} (mock providers; no key, no network). Ctrl-C stops it.

Ask it with curl:

  curl {address}/v1/chat/completions -H 'content-type: application/json' -d '{{"model": "fast_group", "messages": [{{"role": "user", "content": "Hello"}}]}}'

or with the openai SDK:

  from openai import OpenAI
  client = OpenAI(base_url="{address}/v1", api_key="unused")
  messages = [{{"role": "user", "content": "Hello"}}]
  answer = client.chat.completions.create(model="fast_group", messages=messages)
  print(answer.choices[0].message.content)

Make the first model fail, and ask again to see the fallback:

  curl -X PUT {mock}/mock/models/swift -H 'content-type: application/json' -d '{{"status": 503}}'

Requests:
"""  # noqa: E501 - lines to paste stay lines


def run_demo(config: str, port: int | None) -> None:
    """Serve until Ctrl-C."""
    asyncio.run(_run(config, port))


async def _run(config: str, port: int | None) -> None:
    stop = stop_requested()
    async with set_stage(config, port, Behaviour(latency=0.02, pace=0.02), _show) as stage:
        click.echo(_WELCOME.format(address=stage.sidecar.address, mock=stage.alpha.base_url.removesuffix("/v1")))
        await stop.wait()
        click.echo("\nstopping")


def _show(record: RequestRecord) -> None:
    status = "-" if record.status is None else str(record.status)
    colour = "green" if status == "200" and record.flag == "-" else "red"
    attempts = ", ".join(str(attempt) for attempt in record.attempts) or record.flag
    click.echo(
        f"  {datetime.now().astimezone():%H:%M:%S}  {click.style(status, fg=colour)}  target={record.target}  attempts=[{attempts}]"
        f"  model={record.model}  {record.total_ns / 1e6:.0f} ms" + ("" if record.flag == "-" else f"  {record.flag}")
    )
