"""What a check asks a model, in the API of its provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pyproxy.domain import Candidate
from pyproxy.domain.capabilities import Capabilities
from pyproxy.pools.questions import question

if TYPE_CHECKING:
    from pyproxy.domain.surfaces import Dialect, Surface

CHAT = {"model": "x", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "ping"}]}], "generationConfig": {"maxOutputTokens": 1}}


@pytest.mark.parametrize(
    ("dialect", "surface", "path", "body"),
    [
        ("openai", "openai", "/chat/completions", CHAT),
        ("openai", "azure_deployments", "/deployments/x/chat/completions", CHAT),
        ("anthropic", "anthropic", "/messages", CHAT),
        ("gemini", "gemini", "/models/x:generateContent", GEMINI),
    ],
)
def test_a_prompt_is_asked_for_one_token_of_an_answer(dialect: Dialect, surface: Surface, path: str, body: dict[str, Any]) -> None:
    candidate = Candidate("m", "m", "p", "x", (), "m", dialect=dialect, surface=surface)
    asked, query, written = question(candidate, "ping")
    assert (asked, query, json.loads(written)) == (path, b"", body)


def test_a_model_that_reasons_is_asked_under_the_name_of_the_bound_that_it_takes_and_left_room_to_think() -> None:
    reasons = Capabilities(sampling=False, thinking="effort")
    asked = {
        dialect: json.loads(
            question(Candidate("m", "m", "p", "x", (), "m", dialect=dialect, surface=dialect, capabilities=reasons), "ping")[2]
        )
        for dialect in ("openai", "anthropic")
    }
    assert (asked["openai"].get("max_completion_tokens"), "max_tokens" in asked["openai"]) == (1_024, False)
    assert asked["anthropic"] == CHAT
