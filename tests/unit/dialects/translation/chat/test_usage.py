"""What an answer of chat cost, and what each client is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from pyproxy.dialects.translation.chat.usage import ChatUsage, read_usage
from pyproxy.dialects.translation.gemini_over_chat import GEMINI_OVER_CHAT
from pyproxy.dialects.translation.messages_over_chat import MESSAGES_OVER_CHAT
from pyproxy.dialects.translation.responses_over_chat import RESPONSES_OVER_CHAT
from pyproxy.dialects.translation.translator import Call


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (None, None),
        (3, None),
        ({}, ChatUsage()),
        ({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}, ChatUsage(7, 5)),
        ({"prompt_tokens": -1, "completion_tokens": "5", "prompt_tokens_details": []}, ChatUsage()),
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2}}, ChatUsage(9, 0, 4, 2)),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5}, ChatUsage(9, 0, 4)),
        ({"completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3}}, ChatUsage(0, 5, reasoning=3)),
        # xAI counts reasoning beside the completion.
        (
            {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 15, "completion_tokens_details": {"reasoning_tokens": 3}},
            ChatUsage(7, 8, reasoning=3),
        ),
        ({"completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 3}}, ChatUsage(0, 2, reasoning=2)),
    ],
)
def test_it_is_read_in_the_ways_in_which_providers_write_it(told: Any, read: ChatUsage | None) -> None:
    assert read_usage(told) == read


def test_every_client_is_told_all_of_it() -> None:
    details = {"prompt_cache_hit_tokens": 40, "completion_tokens_details": {"reasoning_tokens": 30}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 150, **details}
    answer = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": usage}
    messages = MESSAGES_OVER_CHAT.response(answer, Call("m")).body["usage"]
    assert (messages["input_tokens"], messages["cache_read_input_tokens"], messages["output_tokens"]) == (60, 40, 50)
    gemini = GEMINI_OVER_CHAT.response(answer, Call("m")).body["usageMetadata"]
    assert (gemini["promptTokenCount"], gemini["cachedContentTokenCount"], gemini["totalTokenCount"]) == (100, 40, 150)
    assert (gemini["candidatesTokenCount"], gemini["thoughtsTokenCount"]) == (20, 30)
    responses = RESPONSES_OVER_CHAT.response(answer, Call("m")).body["usage"]
    assert (responses["input_tokens"], responses["output_tokens"], responses["total_tokens"]) == (100, 50, 150)
    assert responses["input_tokens_details"]["cached_tokens"] == 40


def test_thoughts_among_the_parts_of_a_content_reach_every_client_as_thoughts() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hello"}]
    answer = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
    messages = MESSAGES_OVER_CHAT.response(answer, Call("m")).body["content"]
    assert [block.get("thinking") or block.get("text") for block in messages] == ["hm", "Hello"]
    gemini = GEMINI_OVER_CHAT.response(answer, Call("m")).body["candidates"][0]["content"]["parts"]
    assert gemini == [{"text": "hm", "thought": True}, {"text": "Hello"}]
    responses = RESPONSES_OVER_CHAT.response(answer, Call("m")).body["output"]
    assert [item["type"] for item in responses] == ["reasoning", "message"]
