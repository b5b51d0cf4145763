"""One check of one instance: what is asked, and what the answer says."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyproxy.pools.questions import question
from pyproxy.providers.transport import TransportFailure, UpstreamCall
from pyproxy.rust_core import classify, inspect_response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping

    from pyproxy.domain import Candidate
    from pyproxy.domain.surfaces import Dialect
    from pyproxy.orchestration import Snapshot
    from pyproxy.providers.transport import Transport

__all__ = ["Check", "Found", "Wanted", "ask", "wanted_checks"]

# Of a list of models that is longer the beginning says enough.
_MOST_READ = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked; whoever asks the same shares the check.

    Attributes:
        asked: who: an instance by its prompt, all instances of a credential by what costs nothing, for it is the same for each.
        path: what a check that costs nothing gets.
        prompt: what is asked of the model instead, if anything is.
    """

    asked: str
    path: str
    prompt: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A check as a configuration wants it.

    Attributes:
        instances: whom it is about; the first is called.
        interval_ns: from one to the next: the shortest that a pool asks for.
        timeout: seconds for one: the shortest, too.
        pools: who wants to know of each instance.
    """

    instances: tuple[Candidate, ...]
    interval_ns: int
    timeout: float
    pools: Mapping[str, frozenset[str]]

    def about(self, busy: Collection[str]) -> bool:
        """Whether it is about one of these instances."""
        return any(instance in busy for instance in self.pools)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found.

    Attributes:
        ok: that the instance answers, that it does not, or (None) nothing that says either.
        detail: in a few words.
        refused: why the credential is of no use, if that was found.
        usage: tokens it cost, if it cost any.
    """

    ok: bool | None
    detail: str
    refused: str | None = None
    usage: int | None = None


def wanted_checks(snapshot: Snapshot) -> dict[Check, Wanted]:
    """Every check that the pools of a snapshot want, each once."""
    found: dict[Check, Wanted] = {}
    for name, pool in snapshot.config.polling_pools.items():
        for candidate in snapshot.resolver.resolve(name).steps[0].candidates if pool.health_check else ():
            cheap = pool.health_check_prompt is None
            asked = candidate.credential if cheap else candidate.instance
            check = Check(asked, pool.health_check_path if cheap else "", pool.health_check_prompt)
            wanted = Wanted(
                instances=(candidate,),
                interval_ns=round(pool.health_check_interval * 1e9),
                timeout=pool.health_check_timeout,
                pools={candidate.instance: frozenset((name,))},
            )
            found[check] = _both(found[check], wanted) if check in found else wanted
    return found


def _both(one: Wanted, other: Wanted) -> Wanted:
    nobody: frozenset[str] = frozenset()
    return Wanted(
        instances=tuple({candidate.instance: candidate for candidate in (*one.instances, *other.instances)}.values()),
        interval_ns=min(one.interval_ns, other.interval_ns),
        timeout=min(one.timeout, other.timeout),
        pools={instance: one.pools.get(instance, nobody) | other.pools.get(instance, nobody) for instance in {**one.pools, **other.pools}},
    )


async def ask(transport: Transport, check: Check, wanted: Wanted) -> Found:
    """Carry a check out. Whatever the provider does comes back as something found."""
    candidate = wanted.instances[0]
    path, query, body = (check.path, b"", b"") if check.prompt is None else question(candidate, check.prompt)
    call = UpstreamCall(
        instance=candidate.instance,
        path=path,
        query=query,
        headers=(),
        body=body,
        connect_timeout=wanted.timeout,
        method="GET" if check.prompt is None else "POST",
    )
    try:
        async with asyncio.timeout(wanted.timeout):
            response = await transport.open(call)
            try:
                answer = await _beginning(response.chunks())
            finally:
                await response.aclose()
    except TimeoutError:
        return Found(ok=False, detail=f"no answer within {wanted.timeout:g} s")
    except TransportFailure as failure:
        return Found(ok=False, detail=f"{failure.signal}: {failure.detail}")
    return _reachable(response.status) if check.prompt is None else _answered(response.status, answer, candidate.dialect)


def _reachable(status: int) -> Found:
    """What a list of models says. A refusal is none of the model: many a key may ask it, and not list it."""
    detail = f"status {status}"
    if 200 <= status < 300:  # noqa: PLR2004
        return Found(ok=True, detail=detail)
    return Found(ok=False if status >= 500 and status != 501 else None, detail=detail)  # noqa: PLR2004


def _answered(status: int, body: bytes, dialect: Dialect) -> Found:
    """What an answer says, by the rules for any other."""
    detail = f"status {status}"
    if 200 <= status < 300:  # noqa: PLR2004
        usage = inspect_response(dialect, body).usage
        return Found(ok=True, detail=detail, usage=None if usage is None else sum(usage[:2]))
    outcome = classify("status", status, body)
    return Found(False if outcome.counts_for_breaker else None, detail, outcome.name if outcome.disable_credential else None)


async def _beginning(chunks: AsyncGenerator[bytes]) -> bytes:
    """Read an answer, as much as is of use; to its end if it is short, so that the connection can serve again."""
    read = bytearray()
    async with aclosing(chunks):
        async for chunk in chunks:
            read += chunk
            if len(read) > _MOST_READ:
                break
    return bytes(read)
