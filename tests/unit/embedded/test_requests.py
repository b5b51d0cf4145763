from __future__ import annotations

import json

from pyproxy.embedded.requests import chat_request


def test_what_a_program_says_of_its_request_becomes_fields_and_the_rest_the_body() -> None:
    fields = {"node": "n", "session": "s", "priority": "low", "timeout": 1.5, "fallback_groups": ["a", "b"], "top_p": 0.5, "seed": None}
    request = chat_request("g", "Grüße", fields, stream=True)
    assert (request.node, request.headers, request.priority) == ("n", ((b"x-pyproxy-session", b"s"),), 2)
    assert (request.timeout_ns, request.fallback_groups) == (1_500_000_000, ("a", "b"))
    assert (request.target, request.stream, request.route) == ("g", True, "/v1/chat/completions")
    turns = [{"role": "user", "content": "Grüße"}]
    assert json.loads(request.body) == {"model": "g", "messages": turns, "stream": True, "top_p": 0.5, "seed": None}


def test_what_it_does_not_say_is_left_to_the_configuration() -> None:
    request = chat_request("g", "Hello", {}, stream=False)
    assert (request.node, request.headers, request.timeout_ns, request.fallback_groups) == (None, (), None, None)
    assert request.priority == 1
    assert not request.stream
    assert "stream" not in json.loads(request.body)
