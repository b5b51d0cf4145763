"""What a reload changes at once, what it carries over, and what ends only with the last request that knew it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.scene import until

from pyproxy import Sidecar
from pyproxy.errors import ConfigError, ShuttingDown
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyproxy.config.changes import ReloadReport

STALL = Behaviour(stall_before_head=True)
GOOD = Behaviour(text="one two three four")


class Stage:
    """A sidecar over a mapping that a test changes as it likes."""

    def __init__(self, mock: MockProvider, config: dict[str, Any], sidecar: Sidecar, http: httpx2.AsyncClient) -> None:
        self.mock = mock
        self.config = config
        self.sidecar = sidecar
        self.http = http
        self.reports: list[ReloadReport] = []
        sidecar.on_reload(self.reports.append)

    async def ask(self, target: str, **headers: str) -> httpx2.Response:
        body = {"model": target, "messages": [{"role": "user", "content": "Hello"}]}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)

    async def begin(self, target: str) -> asyncio.Task[httpx2.Response]:
        """A request that has reached the provider, where it stays."""
        arrived = self.mock.arrived
        asking = asyncio.create_task(self.ask(target))
        await self.mock.wait_for(lambda: self.mock.arrived > arrived)
        return asking

    def in_flight(self) -> dict[str, int]:
        return {scope["key"]: scope["in_flight"] for scope in self.sidecar.limits() if scope["in_flight"]}

    @property
    def live(self) -> int:
        return len(self.sidecar._assembly.snapshots.live)


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    async with MockProvider() as mock:
        mock.default = GOOD
        config: dict[str, Any] = {
            "providers": {"p": {"base_url": mock.base_url}, "q": {"base_url": mock.base_url, "api_key": "sk-q"}},
            "models": {"a": {"provider": "p", "model": "a"}, "b": {"provider": "q", "model": "b"}},
            "task_groups": {
                "g": {"e1": {"models": ["a"], "max_retries": 0}, "e2": {"models": ["b"]}},
                "pair": {"e": {"models": ["a", "b"]}},
            },
        }
        async with asyncio.timeout(20), Sidecar(config) as sidecar:
            await sidecar.start(port=0)
            async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as http:
                yield Stage(mock, config, sidecar, http)


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_lowered_limit_holds_at_once_and_counts_what_is_in_flight() -> None:
    async with stage() as on:
        on.mock.script("a", STALL)
        waiting = [await on.begin("a") for _ in range(2)]
        on.config["models"]["a"]["concurrency_limit"] = 2
        await on.sidecar.reload()
        assert on.in_flight()["a"] == 2
        assert (await on.ask("a")).status_code == 429
        on.config["models"]["a"]["concurrency_limit"] = 3
        await on.sidecar.reload()
        waiting.append(await on.begin("a"))
        await cancelled(*waiting)
        await until(lambda: not on.in_flight() and on.live == 1)


async def test_what_a_rate_has_let_through_is_not_forgotten() -> None:
    async with stage() as on:
        on.config["models"]["a"]["rpm_limit"] = 2
        await on.sidecar.reload()
        assert [(await on.ask("a")).status_code for _ in range(2)] == [200, 200]
        on.config["models"]["a"]["rpm_limit"] = 3
        await on.sidecar.reload()
        assert [(await on.ask("a")).status_code for _ in range(2)] == [200, 429]


async def test_a_model_that_leaves_the_file_and_comes_back_has_not_had_its_minute_for_nothing() -> None:
    async with stage() as on:
        on.config["models"]["c"] = {"provider": "p", "model": "c", "rpm_limit": 1}
        await on.sidecar.reload()
        assert (await on.ask("c")).status_code == 200
        gone = on.config["models"].pop("c")
        await on.sidecar.reload()
        assert (await on.ask("c")).status_code == 404
        assert "c" not in [scope["key"] for scope in on.sidecar.limits()]
        on.config["models"]["c"] = gone
        await on.sidecar.reload()
        assert (await on.ask("c")).status_code == 429


async def test_a_provider_s_retry_after_still_holds() -> None:
    async with stage() as on:
        on.mock.script("a", Behaviour(status=429, retry_after="30"), GOOD)
        await on.ask("g")
        on.config["models"]["a"]["concurrency_limit"] = 9
        await on.sidecar.reload()
        assert (await on.ask("g")).headers["x-pyproxy-attempts"] == "g.e2/b:200"


async def test_whose_turn_it_is_stays_as_it_was() -> None:
    async with stage() as on:
        served = []
        for number in range(6):
            served.append((await on.ask("pair")).headers["x-pyproxy-model"])
            on.config["models"]["a"]["concurrency_limit"] = 10 + number
            await on.sidecar.reload()
        assert served == ["a", "b"] * 3


async def test_a_request_under_way_falls_back_to_where_the_file_no_longer_leads() -> None:
    async with stage() as on:
        on.mock.script("a", Behaviour(status=503, latency=0.2))
        asking = await on.begin("g")
        on.config["task_groups"]["g"] = {"other": {"models": ["p:x"]}}
        del on.config["models"]["b"], on.config["providers"]["q"], on.config["task_groups"]["pair"]
        await on.sidecar.reload()
        assert on.live == 2
        answer = await asking
        assert (answer.status_code, answer.headers["x-pyproxy-attempts"]) == (200, "g.e1/a:503, g.e2/b:200")
        await until(lambda: on.live == 1)
        assert {scope["key"] for scope in on.sidecar._assembly._controller.snapshot()} == {"g", "g.other", "a", "p:x"}
        assert (await on.ask("g")).headers["x-pyproxy-attempts"] == "g.other/p:x:200"


async def test_connections_to_a_provider_that_stays_as_it_is_are_kept_and_others_end_with_their_last_request() -> None:
    async with stage() as on:
        for model in ("a", "b"):
            await on.ask(model)
        first = on.sidecar._assembly._current.connections
        assert (first["p"].holders, first["q"].holders) == (1, 1)
        on.mock.script("b", STALL)
        asking = await on.begin("b")
        on.config["providers"]["q"]["api_key"] = "sk-another"
        report = await on.sidecar.reload()
        assert report.changes.changed == ("providers.q.api_key",)
        assert report.revision == report.old_revision, "a revision says nothing of credentials"
        second = on.sidecar._assembly._current.connections
        assert second["p"] is first["p"]
        assert second["q"] is not first["q"]
        assert (first["p"].holders, first["q"].holders, second["q"].holders) == (2, 1, 1)
        on.mock.script("b", GOOD)
        assert (await on.ask("b")).status_code == 200
        assert on.mock.requests[-1].header("authorization") == "Bearer sk-another"
        await cancelled(asking)
        await until(lambda: (first["p"].holders, first["q"].holders) == (1, 0))
        assert (first["q"].idle, first["p"].idle) == (0, 1)


async def test_what_clients_may_send_changes_at_once() -> None:
    async with stage() as on:
        host = {"host": "sidecar.internal"}
        assert (await on.http.get("/v1/models", headers=host)).status_code == 421
        on.config["server"] = {"allowed_hosts": ["Sidecar.Internal"], "max_body_bytes": 10}
        await on.sidecar.reload()
        assert (await on.http.get("/v1/models", headers=host)).status_code == 200
        assert (await on.ask("a")).status_code == 413


async def test_a_configuration_that_cannot_be_used_changes_nothing_and_may_be_mended() -> None:
    async with stage() as on:
        on.config["models"]["a"]["provider"] = "nobody"
        with pytest.raises(ConfigError) as caught:
            await on.sidecar.reload()
        assert [fault.path for fault in caught.value.faults] == ["models.a.provider"]  # type: ignore[attr-defined]
        assert (await on.ask("a")).status_code == 200
        ready = await on.http.get("/readyz")
        assert (ready.status_code, ready.json()["config"]["reload_error"]["message"]) == (200, "<mapping>: 1 error")
        on.config["models"]["a"]["provider"] = "p"
        report = await on.sidecar.reload()
        assert not report.changes
        assert (await on.http.get("/readyz")).json()["config"] == {"revision": report.revision}
        assert on.reports == []


async def test_listeners_hear_of_each_change_once_and_one_that_fails_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with stage() as on:
        heard: list[str] = []

        def failing(report: ReloadReport) -> None:
            heard.append(report.revision)
            raise RuntimeError("a listener's own fault")

        on.sidecar.on_reload(failing)
        on.sidecar.on_reload(lambda report: heard.append(report.revision))
        old = on.sidecar.config.revision
        on.config["models"]["c"] = {"provider": "p", "model": "c"}
        del on.config["task_groups"]["pair"]
        returned = await on.sidecar.reload()
        await on.sidecar.reload()
        (report,) = on.reports
        assert report == returned
        assert (report.old_revision, report.revision) == (old, on.sidecar.config.revision)
        assert (report.changes.added, report.changes.removed, report.changes.changed) == (("models.c",), ("task_groups.pair",), ())
        assert heard == [report.revision] * 2
        assert f"an observer failed at the reload to revision {report.revision}" in caplog.text


async def test_reloads_asked_for_together_come_one_after_the_other() -> None:
    async with stage() as on:
        on.config["models"]["c"] = {"provider": "p", "model": "c"}
        reports = await asyncio.gather(*(on.sidecar.reload() for _ in range(5)))
        assert [bool(report.changes) for report in reports] == [True] + [False] * 4
        assert len(on.reports) == 1


async def test_after_the_stop_nothing_is_reloaded() -> None:
    async with stage() as on:
        await on.sidecar.stop()
        with pytest.raises(ShuttingDown):
            await on.sidecar.reload()


async def test_a_request_under_way_is_rescued_by_the_configuration_that_it_began_with() -> None:
    async with stage() as on:
        assert (await on.ask("g")).status_code == 200
        on.mock.script("a", Behaviour(status=503, latency=0.1))
        asking = await on.begin("g")
        on.config["task_groups"] = {"other": {"e1": {"models": ["a"]}}, "pair": on.config["task_groups"]["pair"]}
        await on.sidecar.reload()
        assert (await asking).headers["x-pyproxy-attempts"] == "g.e1/a:503, g.e2/b:200"
        assert (await on.ask("g")).status_code == 404
        await until(lambda: not on.in_flight() and on.live == 1)


async def test_what_was_let_in_is_not_turned_away_when_it_fails_under_stricter_settings() -> None:
    async with stage() as on:
        own, large = {"host": "sidecar.internal", "content-type": "application/json"}, "x" * 4_000
        on.config["server"] = {"allowed_hosts": ["sidecar.internal"], "max_body_bytes": 10_000}
        await on.sidecar.reload()
        assert (await on.ask("g", **own)).status_code == 200
        on.mock.script("a", Behaviour(status=503, latency=0.1))
        arrived = on.mock.arrived
        body = {"model": "g", "messages": [{"role": "user", "content": large}]}
        asking = asyncio.create_task(on.http.post("/v1/chat/completions", json=body, headers=own))
        await on.mock.wait_for(lambda: on.mock.arrived > arrived)
        on.config["server"] = {"max_body_bytes": 1_024}
        await on.sidecar.reload()
        assert (await asking).headers.get("x-pyproxy-attempts") == "g.e1/a:503, g.e2/b:200"
        assert (await on.ask("g", **own)).status_code == 421
        assert (await on.http.post("/v1/chat/completions", json=body)).status_code == 413
