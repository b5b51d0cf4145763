"""Scripts in Python, in YAML, in the model name and over HTTP."""

from pathlib import Path

import httpx2
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider, ScriptError
from pyproxy.providers.mock.behaviour import FIELDS
from pyproxy.providers.mock.script import behaviour_from_query


async def statuses(mock: MockProvider, model: str, times: int) -> list[int]:
    async with httpx2.AsyncClient(base_url=mock.base_url, trust_env=False) as http:
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
        return [(await http.post("/chat/completions", json=body)).status_code for _ in range(times)]


async def test_a_sequence_is_played_in_order_and_its_last_behaviour_repeats(mock: MockProvider) -> None:
    mock.script("m", Behaviour(status=429), Behaviour(status=503), Behaviour())
    assert await statuses(mock, "m", 5) == [429, 503, 200, 200, 200]


async def test_a_new_script_replaces_the_old_one_from_its_beginning(mock: MockProvider) -> None:
    mock.script("m", Behaviour(status=429), Behaviour())
    assert await statuses(mock, "m", 1) == [429]
    mock.script("m", Behaviour(status=500), Behaviour(status=502))
    assert await statuses(mock, "m", 2) == [500, 502]


async def test_a_model_without_a_script_gets_the_default(mock: MockProvider) -> None:
    mock.script("m", Behaviour())
    mock.default = Behaviour(status=503)
    assert await statuses(mock, "other", 1) == [503]
    assert await statuses(mock, "m", 1) == [200]


async def test_an_empty_script_is_refused(mock: MockProvider) -> None:
    with pytest.raises(ScriptError, match="at least one behaviour"):
        mock.script("m")


async def test_a_model_name_can_hold_a_behaviour(mock: MockProvider) -> None:
    assert await statuses(mock, "anything?status=503&latency=0.001", 1) == [503]


async def test_a_scripted_name_is_looked_up_before_its_query(mock: MockProvider) -> None:
    mock.script("m?status=503", Behaviour())
    assert await statuses(mock, "m?status=503", 1) == [200]


@pytest.mark.parametrize("query", ["no_such=1", "status=abc", "headers=x", "status=99", "latency=-1", "latency=nan", "latency=inf"])
async def test_a_wrong_behaviour_in_a_model_name_is_a_400(mock: MockProvider, query: str) -> None:
    assert await statuses(mock, f"m?{query}", 1) == [400]
    assert mock.requests[0].model == f"m?{query}"


def test_an_unknown_field_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(ScriptError, match=r"unknown in the model name: no_such; valid names: status, .*cut_after, ") as caught:
        behaviour_from_query("no_such=1")
    assert all(name in str(caught.value) for name in FIELDS if name not in {"headers", "error", "refuses"})


def test_every_simple_field_can_stand_in_a_name() -> None:
    query = (
        "status=201&latency=0.5&text=a+b&chunks=2&pace=1.5&retry_after=1e12&error_code=c&body=x%26y&reset_before_head=1&close_before_head"
        "&stall_before_head=true&cut_after=1&reset_after=2&stall_after=3&finish_early_after=4&error_after=5&malformed_after=6&mid_event"
        "&omit_done&include_role_chunk=false&split=1&crlf&comments_before=7&comment_every=8&tool_calls=0&tool_name=t&tool_arguments=%7B%7D"
        "&head_pause=2.5&stall_at_end&split_pace=3.5&prefill=refuse&thinking=t&finish=length&lenient"
    )
    assert behaviour_from_query(query) == Behaviour(
        status=201,
        latency=0.5,
        text="a b",
        chunks=2,
        pace=1.5,
        retry_after="1e12",
        error_code="c",
        body=b"x&y",
        reset_before_head=True,
        close_before_head=True,
        stall_before_head=True,
        cut_after=1,
        reset_after=2,
        stall_after=3,
        finish_early_after=4,
        error_after=5,
        malformed_after=6,
        mid_event=True,
        omit_done=True,
        include_role_chunk=False,
        split=1,
        crlf=True,
        comments_before=7,
        comment_every=8,
        tool_calls=0,
        tool_name="t",
        tool_arguments="{}",
        head_pause=2.5,
        stall_at_end=True,
        split_pace=3.5,
        prefill="refuse",
        thinking="t",
        finish="length",
        lenient=True,
    )
    assert {part.partition("=")[0] for part in query.split("&")} == set(FIELDS) - {"headers", "error", "refuses"}


async def test_a_yaml_file_scripts_models_and_the_default(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(
        "models:\n"
        "  fast: [{status: 429, retry_after: 1}, {}]\n"
        "  rich: {headers: {x-a: '1'}, error: [null, my_code, null], tool_arguments: {city: Lisbon}, tool_calls: false}\n"
        "default: {status: 503}\n"
    )
    async with MockProvider.from_script(path) as mock:
        assert await statuses(mock, "fast", 3) == [429, 200, 200]
        assert await statuses(mock, "rich", 1) == [200]
        assert await statuses(mock, "other", 1) == [503]
        assert mock.default == Behaviour(status=503)


def test_an_empty_yaml_file_is_a_plain_mock(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("")
    assert MockProvider.from_script(path).default == Behaviour()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modles: {}", r"unknown in .*: modles; valid names: models, default"),
        ("models: {m: {sttus: 1}}", r"unknown in models\.m: sttus; valid names: status, "),
        ("models: {m: [{}, {sttus: 1}]}", r"unknown in models\.m\[1\]: sttus"),
        ("models: {m: 7}", r"models\.m must be a mapping, not a int"),
        ("models: {m: []}", r"'m' is empty"),
        ("models: [m]", r"models must map model names"),
        ("default: {latency: soon}", r"default: latency: .*number"),
        ("[1]", r"must be a mapping"),
        ("{", r"is not YAML"),
    ],
)
def test_a_wrong_yaml_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(ScriptError, match=message):
        MockProvider.from_script(path)


@pytest.mark.parametrize("headers", [{"bad name": "x"}, {"x": "a\r\nb"}, {"x": " a"}, {"x": "€"}])
def test_headers_that_cannot_be_sent_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        Behaviour(headers=headers)


async def test_a_put_scripts_a_model(mock: MockProvider) -> None:
    root = mock.base_url.removesuffix("/v1")
    async with httpx2.AsyncClient(base_url=root, trust_env=False) as http:
        answer = await http.put("/mock/models/openai/gpt-4o%3Fx", json=[{"status": 429, "retry_after": 2}, {}])
        assert answer.json() == {"model": "openai/gpt-4o?x", "behaviours": 2}
        assert await statuses(mock, "openai/gpt-4o?x", 2) == [429, 200]
        await http.put("/mock/models/m", json={"status": 500})
        assert await statuses(mock, "m", 2) == [500, 500]


@pytest.mark.parametrize("body", ["{", "[]", "7", '{"sttus": 1}'])
async def test_a_wrong_put_is_a_400_and_changes_nothing(mock: MockProvider, body: str) -> None:
    mock.script("m", Behaviour(status=503))
    root = mock.base_url.removesuffix("/v1")
    async with httpx2.AsyncClient(base_url=root, trust_env=False) as http:
        answer = await http.put("/mock/models/m", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert await statuses(mock, "m", 1) == [503]
