"""What operators see of a sidecar over sockets: metrics, admin routes and alerts, with a real mock provider behind it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.front import VIEWS
from support.scene import TEXT, until

from pyproxy import Sidecar
from pyproxy.providers.mock import Behaviour, MockProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyproxy.observe.alerts import Alert

TOKEN = {"authorization": "Bearer a-token-for-tests"}
SECRETS = ("sk-of-the-sidecar", "a-token-for-tests", "Hello", "one two three")


class Stage:
    """A sidecar whose group `g` falls from `first`, which fails, to `second`."""

    def __init__(self, mock: MockProvider, sidecar: Sidecar, http: httpx2.AsyncClient) -> None:
        self.mock = mock
        self.sidecar = sidecar
        self.http = http
        self.alerts: list[Alert] = []
        sidecar.on_alert(self.alerts.append)

    async def ask(self, target: str = "g", headers: dict[str, str] | None = None, **fields: Any) -> httpx2.Response:
        body = {"model": target, "messages": [{"role": "user", "content": "Hello"}], **fields}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers)

    async def metrics(self) -> dict[str, float]:
        text = (await self.http.get("/metrics")).text
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))}

    async def view(self, name: str) -> Any:
        answer = await self.http.get(f"/admin/v1/{name}", headers=TOKEN)
        assert answer.status_code == 200
        return answer.json()

    async def route(self, **fields: Any) -> httpx2.Response:
        return await self.http.post("/admin/v1/route", headers=TOKEN, json=fields)


@contextlib.asynccontextmanager
async def stage(**sections: Any) -> AsyncIterator[Stage]:
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT)
        mock.script("first", Behaviour(status=503))
        breaker = {"failure_threshold": 2, "recovery_time": 60}
        config: dict[str, Any] = {
            "server": {"admin_token": "a-token-for-tests"},
            "providers": {"p": {"base_url": mock.base_url, "api_key": "sk-of-the-sidecar"}},
            "models": {
                "first": {"provider": "p", "model": "first"},
                "second": {"provider": "p", "model": "second", "price": {"input": 1_000_000, "output": 10_000}},
            },
            "task_groups": {
                "g": {
                    "e1": {"models": ["first"], "max_retries": 0},
                    "e2": {"models": ["second"]},
                    "fallback_config": {"retry_delay": 0, "circuit_breaker": breaker},
                }
            },
            "wrappers": {"w": {"type": "direct", "target": "first", "alerting": True}},
            "nodes": {"n": {"llm_group": "g", "concurrency_limit": 3}},
            "aliases": {"*": "g"},
            "alerts": {"fallback_requests": 2, "fallback_rate": 0.6},
            **sections,
        }
        async with asyncio.timeout(20), Sidecar(config) as sidecar:
            await sidecar.start(port=0)
            async with httpx2.AsyncClient(base_url=sidecar.address, trust_env=False, timeout=10) as http:
                yield Stage(mock, sidecar, http)


async def test_metrics_count_requests_calls_fallbacks_tokens_and_time() -> None:
    async with stage() as on:
        await on.ask()
        await on.ask("whatever", stream=True)
        await on.ask("w")
        metrics = await on.metrics()
        assert metrics['pyproxy_requests_total{target="g",status="200",flag="-"}'] == 1
        assert metrics['pyproxy_requests_total{target="(other)",status="200",flag="-"}'] == 1
        assert metrics['pyproxy_requests_total{target="w",status="503",flag="overloaded"}'] == 1
        assert metrics['pyproxy_upstream_attempts_total{instance="second",outcome="200"}'] == 2
        assert metrics['pyproxy_fallbacks_total{group="g",from="g.e1/first",to="g.e2/second",reason="503"}'] == 2
        chat = 'gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="{}",gen_ai_response_model="second"'
        mine, other = chat.format("g"), chat.format("(other)")
        assert metrics[f"gen_ai_client_operation_duration_seconds_count{{{mine}}}"] == 1
        assert metrics[f"gen_ai_server_time_to_first_token_seconds_count{{{other}}}"] == 1
        assert f"gen_ai_server_time_to_first_token_seconds_count{{{mine}}}" not in metrics, "it was no stream"
        assert metrics[f'gen_ai_client_token_usage_sum{{{mine},gen_ai_token_type="output"}}'] == 8
        prompt = metrics[f'gen_ai_client_token_usage_sum{{{mine},gen_ai_token_type="input"}}']
        assert metrics['pyproxy_cost_total{target="g",model="second"}'] == pytest.approx(prompt + 0.08)
        assert metrics['pyproxy_queue_seconds_count{target="g"}'] == 1


async def test_gauges_show_what_holds_now() -> None:
    async with stage() as on:
        on.mock.script("second", Behaviour(text=TEXT, latency=5))
        asking = asyncio.ensure_future(on.ask(headers={"x-pyproxy-node": "n"}))
        await on.mock.wait_for(lambda: on.mock.arrived == 2)
        metrics = await on.metrics()
        assert metrics['pyproxy_permits_in_flight{scope="second"}'] == 1
        assert metrics['pyproxy_permits_in_flight{scope="first"}'] == 0
        assert metrics['pyproxy_permits_limit{scope="node:n"}'] == 3
        assert metrics['pyproxy_queue_length{scope="second"}'] == 0
        assert metrics['pyproxy_breaker_state{group="g",instance="first",state="closed"}'] == 1
        assert (await on.view("status"))["in_flight"] == 1
        assert (await on.view("nodes"))["nodes"][0]["in_flight"] == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_alerts_are_told_once_logged_counted_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    async with stage() as on:
        for _ in range(2):
            await on.ask()
        on.mock.script("first", Behaviour(status=401))
        for _ in range(4):
            await on.ask("w")
        kinds = ["breaker_opened", "fallback_rate_high", "credential_disabled", "wrapper_failing"]
        assert [alert.kind for alert in on.alerts] == kinds
        shown = (await on.view("alerts"))["alerts"]
        assert [alert["kind"] for alert in shown] == kinds[::-1]
        assert shown[-1]["details"] == {"group": "g", "instance": "first", "seconds": 60}
        metrics = await on.metrics()
        assert {kind: metrics[f'pyproxy_alerts_total{{kind="{kind}"}}'] for kind in kinds} == dict.fromkeys(kinds, 1)
        assert metrics['pyproxy_credential_disabled_models{credential="p"}'] == 1
        assert metrics['pyproxy_breaker_state{group="g",instance="first",state="open"}'] == 1
        for alert in on.alerts:
            assert caplog.messages.count(alert.message) == 1
        status = await on.view("status")
        assert (status["breakers_open"], status["credentials_disabled"], status["alerts"]) == (1, ["p"], 4)


async def test_the_admin_routes_tell_how_everything_does() -> None:
    async with stage() as on:
        await on.ask(headers={"x-pyproxy-node": "n", "x-pyproxy-session": "conversation-1"})
        await on.ask("second")
        await on.ask("w")
        (group,) = (await on.view("groups"))["groups"]
        assert (group["name"], [echelon["name"] for echelon in group["echelons"]]) == ("g", ["e1", "e2"])
        assert group["fallbacks"] == {"requests": 1, "fell_back": 1, "rate": 1.0, "recent_requests": 1, "recent_rate": 1.0}
        assert (group["asked"]["requests"], group["asked"]["failed"]) == (1, 0)
        first, second = (await on.view("models"))["models"]
        assert first["instances"][0]["failures"] == {"overloaded": 2}
        assert (second["answered"]["requests"], second["answered"]["tokens"]["output"]) == (2, 16)
        assert second["answered"]["cost_per_request"] == pytest.approx(second["answered"]["cost"] / 2)
        assert second["price"] == {"input": 1_000_000, "output": 10_000, "cached_input": None, "cache_write": None, "cache_write_1h": None}
        (node,) = (await on.view("nodes"))["nodes"]
        assert (node["name"], node["asked"]["requests"], node["limit"]) == ("n", 1, 3)
        assert node["asked"]["cost"] == pytest.approx(second["answered"]["cost"] / 2)
        (wrapper,) = (await on.view("wrappers"))["wrappers"]
        assert (wrapper["target"], wrapper["asked"]["requests"], wrapper["asked"]["failed"]) == ("first", 1, 1)
        assert await on.view("sessions") == {"enabled": True, "count": 1, "max_sessions": 10_000, "ttl": 3600}
        fallbacks = await on.view("fallbacks")
        assert [[step["result"] for step in entry["steps"]] for entry in fallbacks["recent"]] == [["503"], ["503", "200"]]
        assert fallbacks["groups"]["g"]["fell_back"] == 1
        status = await on.view("status")
        assert (status["traffic"]["requests"], status["configured"]["models"], status["revision"]) == (3, 2, on.sidecar.config.revision)
        assert on.sidecar.status.overview()["traffic"] == status["traffic"], "a program may ask, too"


async def test_a_running_sidecar_says_what_would_happen_to_a_request_now() -> None:
    async with stage() as on:
        before = (await on.route(target="g", node="n")).json()
        assert [event["label"] for event in before["events"] if event["event"] == "call"] == ["g.e1/first", "g.e2/second"]
        assert (before["node"], before["warnings"]) == ("n", [])
        for _ in range(2):
            await on.ask()
        after = (await on.route(target="g", node="nobody")).json()
        assert [event["event"] for event in after["events"]] == ["passed_over", "call"]
        assert (after["events"][0]["scope"], after["events"][0]["reason"]) == ("first", "breaker_open")
        assert "there is no node 'nobody'" in after["warnings"][0]
        assert on.mock.arrived == 4, "nothing was sent"


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({}, 400, "which target"),
        ({"target": 3}, 400, "'target' must be a name"),
        ({"target": "g", "fallback_groups": [1]}, 400, "a list of targets"),
        ({"target": "g", "timeout": "soon"}, 400, "'timeout' must be seconds"),
        ({"target": "g", "fault": "lightning"}, 400, "lightning"),
        ({"target": "g", "fallback_groups": ["nowhere"]}, 400, "nowhere"),
    ],
)
async def test_what_cannot_be_foreseen_is_refused(fields: dict[str, Any], status: int, said: str) -> None:
    async with stage() as on:
        answer = await on.route(**fields)
        assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True)


async def test_a_body_that_is_no_object_or_too_large_is_refused() -> None:
    async with stage(server={"admin_token": "a-token-for-tests", "max_body_bytes": 100}) as on:
        for body, status in ((b"[", 400), (b"[1]", 400), (b"[" * 90, 400), (b" " * 101, 413)):
            assert (await on.http.post("/admin/v1/route", headers=TOKEN, content=body)).status_code == status


async def test_without_the_token_nothing_is_told() -> None:
    async with stage() as on:
        for name in VIEWS:
            assert (await on.http.get(f"/admin/v1/{name}")).status_code == 401
            assert (await on.http.get(f"/admin/v1/{name}", headers={"authorization": "Bearer no"})).status_code == 401
        assert (await on.http.post("/admin/v1/route", json={"target": "g"})).status_code == 401
    async with stage(server={}) as on:
        for name in VIEWS:
            assert (await on.http.get(f"/admin/v1/{name}", headers=TOKEN)).status_code == 404
        assert (await on.route(target="g")).status_code == 404


async def test_no_view_and_no_metric_tells_a_secret_a_prompt_or_who_asked() -> None:
    async with stage() as on:
        await on.ask(headers={"x-pyproxy-session": "session-canary", "x-pyproxy-node": "node-canary"})
        await on.ask("target-canary")
        said = (await on.http.get("/metrics")).text
        for name in set(VIEWS) - {"fallbacks"}:
            said += (await on.http.get(f"/admin/v1/{name}", headers=TOKEN)).text
        for secret in (*SECRETS, "session-canary", "node-canary", "target-canary"):
            assert secret not in said
        recent = (await on.http.get("/admin/v1/fallbacks", headers=TOKEN)).text
        assert "target-canary" in recent, "operators may know what was asked for"
        assert not any(secret in recent for secret in SECRETS)


async def test_names_that_clients_make_up_add_no_line_to_the_metrics() -> None:
    async with stage() as on:
        await on.ask("made-up", headers={"x-pyproxy-node": "someone"})
        await until(lambda: bool(on.sidecar.status._traffic.flows()))
        before, flows = len(await on.metrics()), len(on.sidecar.status._traffic.flows())
        for number in range(20):
            await on.ask(f"made-up-{number}", headers={"x-pyproxy-node": f"someone-{number}"})
        # What has changed is that the breaker has opened, and that `second` was the first to be asked.
        assert len(await on.metrics()) == before
        assert len(on.sidecar.status._traffic.flows()) <= flows + 1, "nor do they take room"
        assert not re.search("made-up|someone", (await on.http.get("/metrics")).text)


async def test_a_reload_changes_the_names_that_are_counted_and_forgets_no_count(tmp_path: Any) -> None:
    async with MockProvider() as mock:
        file = tmp_path / "pyproxy.yaml"

        def write(*models: str) -> None:
            entries = "".join(f"  {name}: {{provider: p, model: {name}}}\n" for name in models)
            file.write_text(f"providers: {{p: {{base_url: '{mock.base_url}'}}}}\nsessions: {{persist: false}}\nmodels:\n{entries}")

        write("a")
        async with Sidecar(file) as sidecar:
            await sidecar.generate("a", "Hello")
            write("b")
            await sidecar.reload()
            await until(lambda: "b" in sidecar.targets)
            await sidecar.generate("b", "Hello")
            counted = sidecar.status.overview()["targets"]
            assert {name: figures["requests"] for name, figures in counted.items()} == {"a": 1, "b": 1}
