"""One behaviour, every API: the faults of a stream come after the same number of content chunks in all of them."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from pyproxy.providers.mock import Behaviour, MockProvider

TEXT = "one two three four"
WORDS = ["one ", "two ", "three ", "four"]


def _data(body: str) -> list[Any]:
    """Give the data of the events that can be parsed."""
    found = []
    for line in body.splitlines():
        if line.startswith("data: {"):
            try:
                found.append(json.loads(line.removeprefix("data: ")))
            except ValueError:
                found.append(None)
    return found


@dataclass(frozen=True)
class Api:
    """How to ask an API for a stream, and how to read one."""

    path: str
    body: Callable[[str], dict[str, Any]]
    words: Callable[[Any], str]
    last: str
    omitted: str
    error: Callable[[Any], str | None]
    keep_alive: str


def _chat_words(event: Any) -> str:
    return str(event["choices"][0]["delta"].get("content") or "") if event and event.get("choices") else ""


def _completion_words(event: Any) -> str:
    return str(event["choices"][0]["text"]) if event and event.get("choices") else ""


def _responses_words(event: Any) -> str:
    return str(event["delta"]) if event and event.get("type") == "response.output_text.delta" else ""


def _messages_words(event: Any) -> str:
    return str(event["delta"]["text"]) if event and event.get("type") == "content_block_delta" else ""


def _gemini_words(event: Any) -> str:
    return "".join(part["text"] for part in event["candidates"][0]["content"]["parts"]) if event and "candidates" in event else ""


def _message_of(event: Any) -> str | None:
    return event["error"]["message"] if event and "error" in event else None


HELLO = [{"role": "user", "content": "hi"}]
CHAT = {"messages": HELLO, "stream": True}
GEMINI = {"contents": [{"parts": [{"text": "hi"}]}]}
APIS = {
    "chat": Api(
        "/v1/chat/completions", lambda m: {"model": m, **CHAT}, _chat_words, "data: [DONE]", "finish_reason", _message_of, ": keep-alive"
    ),
    "azure": Api(
        "/openai/deployments/m/chat/completions?api-version=1",
        lambda _: CHAT,
        _chat_words,
        "data: [DONE]",
        "finish_reason",
        _message_of,
        ": keep-alive",
    ),
    "completions": Api(
        "/v1/completions",
        lambda m: {"model": m, "prompt": "hi", "stream": True},
        _completion_words,
        "data: [DONE]",
        "finish_reason",
        _message_of,
        ": keep-alive",
    ),
    "responses": Api(
        "/v1/responses",
        lambda m: {"model": m, "input": "hi", "stream": True},
        _responses_words,
        "response.completed",
        "response.output_item.done",
        lambda event: event["message"] if event and event["type"] == "error" else None,
        ": keep-alive",
    ),
    "messages": Api(
        "/v1/messages",
        lambda m: {"model": m, "max_tokens": 99, **CHAT},
        _messages_words,
        "event: message_stop",
        "event: message_delta",
        _message_of,
        "event: ping",
    ),
    "gemini": Api(
        "/v1beta/models/m:streamGenerateContent?alt=sse", lambda _: GEMINI, _gemini_words, '"finishReason": "STOP"', "", _message_of, ""
    ),
}


@pytest.fixture(params=APIS, name="api")
def _api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


@pytest.fixture
async def http(mock: MockProvider) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"anthropic-version": "2023-06-01"}
    async with httpx2.AsyncClient(base_url=mock.url, trust_env=False, headers=headers, timeout=10) as client:
        yield client


class Heard:
    """What came of a stream, and how it ended."""

    def __init__(self) -> None:
        self.body = ""
        self.failure: type[Exception] | None = None

    def words(self, api: Api) -> list[str]:
        return [word for event in _data(self.body) if (word := api.words(event))]


async def hear(http: httpx2.AsyncClient, mock: MockProvider, api: Api, behaviour: Behaviour) -> Heard:
    mock.script("m", behaviour)
    heard = Heard()
    try:
        async with http.stream("POST", api.path, json=api.body("m")) as answer:
            assert answer.status_code == 200
            async for text in answer.aiter_text():
                heard.body += text
    except httpx2.HTTPError as error:
        heard.failure = type(error)
    return heard


async def test_a_stream_is_whole(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    heard = await hear(http, mock, api, Behaviour(text=TEXT))
    assert (heard.words(api), heard.failure) == (WORDS, None)
    assert api.last in heard.body
    assert mock.requests[-1].chunks_sent == 4
    assert mock.requests[-1].outcome == "answered"


@pytest.mark.parametrize("after", [0, 2, 9])
async def test_a_cut_and_a_reset_break_the_stream_where_they_are_set(
    http: httpx2.AsyncClient, mock: MockProvider, api: Api, after: int
) -> None:
    for behaviour, failure in (
        (Behaviour(text=TEXT, cut_after=after), httpx2.RemoteProtocolError),
        (Behaviour(text=TEXT, reset_after=after, mid_event=True), httpx2.ReadError),
    ):
        heard = await hear(http, mock, api, behaviour)
        assert heard.failure is failure
        # A reset throws away what the client had not read yet.
        if failure is not httpx2.ReadError:
            assert heard.words(api) == WORDS[:after]
            assert api.last not in heard.body
        assert mock.requests[-1].chunks_sent == min(after, 4)
        assert mock.requests[-1].outcome == "fault"


@pytest.mark.parametrize("after", [0, 2, 9])
async def test_an_early_end_is_clean_and_lacks_what_makes_a_stream_complete(
    http: httpx2.AsyncClient, mock: MockProvider, api: Api, after: int
) -> None:
    heard = await hear(http, mock, api, Behaviour(text=TEXT, finish_early_after=after))
    assert (heard.words(api), heard.failure) == (WORDS[:after], None)
    assert api.last not in heard.body


@pytest.mark.parametrize("after", [0, 2])
async def test_an_error_event_is_the_api_s_own(http: httpx2.AsyncClient, mock: MockProvider, api: Api, after: int) -> None:
    heard = await hear(http, mock, api, Behaviour(text=TEXT, error_after=after, error=(None, None, "it broke")))
    assert (heard.words(api), heard.failure) == (WORDS[:after], None)
    assert api.error(_data(heard.body)[-1]) == "it broke"
    assert api.last not in heard.body


async def test_a_malformed_event_stands_between_whole_ones(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    heard = await hear(http, mock, api, Behaviour(text=TEXT, malformed_after=2))
    assert _data(heard.body).count(None) == 1
    assert heard.words(api) == WORDS
    assert api.last in heard.body


async def test_a_stalled_stream_says_what_it_said_and_no_more(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    mock.script("m", Behaviour(text=TEXT, stall_after=2))
    async with http.stream("POST", api.path, json=api.body("m")) as answer:
        body = ""
        async for text in answer.aiter_text():
            body += text
            if "two" in body:
                break
    await mock.wait_for(lambda: mock.requests[-1].outcome == "client_gone")
    assert mock.requests[-1].chunks_sent == 2


async def test_the_last_event_can_be_left_out(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    heard = await hear(http, mock, api, Behaviour(text=TEXT, omit_done=True))
    assert (heard.words(api), heard.failure) == (WORDS, None)
    assert api.omitted in heard.body
    assert not api.omitted or api.last not in heard.body


async def test_a_stream_is_kept_alive_in_the_api_s_own_way(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    plain = await hear(http, mock, api, Behaviour(text=TEXT))
    heard = await hear(http, mock, api, Behaviour(text=TEXT, comments_before=2, comment_every=2))
    assert heard.words(api) == WORDS
    if api.keep_alive:
        assert heard.body.count(api.keep_alive) == plain.body.count(api.keep_alive) + 4
    else:
        assert heard.body.count("\n") == plain.body.count("\n")


async def test_the_bytes_may_come_one_by_one_and_in_other_lines(http: httpx2.AsyncClient, mock: MockProvider, api: Api) -> None:
    heard = await hear(http, mock, api, Behaviour(text="é two", split=1, crlf=True))
    assert "".join(heard.words(api)) == "é two"
    assert heard.body.count("\n") == heard.body.count("\r\n")
    assert "\r\r" not in heard.body


async def test_a_fault_ahead_of_the_head_and_a_body_in_its_place_are_the_same_everywhere(
    http: httpx2.AsyncClient, mock: MockProvider, api: Api
) -> None:
    assert (await hear(http, mock, api, Behaviour(close_before_head=True))).failure is httpx2.RemoteProtocolError
    assert (await hear(http, mock, api, Behaviour(reset_before_head=True))).failure is httpx2.ReadError
    assert (await hear(http, mock, api, Behaviour(body=b"not json"))).body == "not json"


@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_an_error_in_place_of_a_stream_has_its_status(http: httpx2.AsyncClient, mock: MockProvider, api: Api, status: int) -> None:
    mock.script("m", Behaviour(status=status, error=(None, None, "it broke")))
    answer = await http.post(api.path, json=api.body("m"))
    assert (answer.status_code, answer.json()["error"]["message"].partition("\n")[0]) == (status, "it broke")
    assert mock.requests[-1].model == "m"
