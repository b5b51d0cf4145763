"""One line a request, with all its fields, and neither a key nor a prompt anywhere in what the process says."""

from __future__ import annotations

import base64
import json
import re
import socket
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import httpx2
import pytest
from support.raw import exchange, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Mock, Served

PROVIDER_KEY = "sk-provider+canary/4f1d&a8=="
CLIENT_KEY = "sk-client+canary/93bc&77=="
PROMPT = "prompt canary ~ 5b1e & ümläut"
FIELDS = [
    *("time", "id", "route", "status", "flag", "target", "attempts", "provider", "model"),
    *("stream", "queue_ms", "ttfb_ms", "total_ms", "bytes", "tokens", "revision"),
]
_FIELD = re.compile(r'(\w+)=("[^"]*"|\S+)(?: |$)')


def encodings(secret: str) -> set[str]:
    """A text in every form in which it might leak."""
    raw = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), raw.hex(), repr(raw)[2:-1], json.dumps(secret)[1:-1]}
    forms.add(secret.encode("unicode_escape").decode())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Whatever stands around it, these characters of the encoded text are the secret's alone.
            encoded = encode(b"\0" * shift + raw)
            forms.add(encoded[(0, 2, 3)[shift] : len(encoded) - 4].decode())
    return forms


def leaks(text: str) -> list[str]:
    return [form for secret in (PROVIDER_KEY, CLIENT_KEY, PROMPT) for form in encodings(secret) if form in text]


@pytest.fixture
def http(sidecar: Served) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {CLIENT_KEY}", "x-api-key": CLIENT_KEY}
    with httpx2.Client(base_url=sidecar.address, headers=headers, trust_env=False, timeout=20) as client:
        yield client


def ask(http: httpx2.Client, target: str, request_id: str, *, stream: bool = False) -> httpx2.Response:
    body = {"model": target, "stream": stream, "messages": [{"role": "user", "content": PROMPT}]}
    return http.post("/v1/chat/completions", json=body, headers={"x-request-id": request_id})


def line_of(sidecar: Served, request_id: str) -> dict[str, str]:
    """The fields of a request's only line."""
    sidecar.program.wait_for(f" id={request_id} ")
    (found,) = sidecar.program.matches(f" id={request_id} ")
    assert found.string in sidecar.program.err, "access lines go to stderr"
    fields = _FIELD.findall(found.string)
    assert [name for name, _ in fields] == FIELDS
    assert " ".join(f"{name}={value}" for name, value in fields) == found.string
    return dict(fields)


def test_an_answered_request_has_every_field(sidecar: Served, http: httpx2.Client) -> None:
    answer = ask(http, "plain", "whole-1")
    line = line_of(sidecar, "whole-1")
    assert line["route"] == "/v1/chat/completions"
    assert (line["status"], line["flag"], line["target"], line["stream"]) == ("200", "-", "plain", "false")
    assert (line["provider"], line["model"], line["attempts"]) == ("mock", "plain", answer.headers["x-pyproxy-attempts"])
    assert int(line["bytes"]) == len(answer.content)
    usage = answer.json()["usage"]
    assert line["tokens"] == f"{usage['prompt_tokens']}+{usage['completion_tokens']}"
    assert 0 < float(line["ttfb_ms"]) <= float(line["total_ms"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_a_stream_has_its_line_at_its_end(sidecar: Served, http: httpx2.Client) -> None:
    answer = ask(http, "worded", "stream-1", stream=True)
    line = line_of(sidecar, "stream-1")
    assert (line["status"], line["stream"], int(line["bytes"])) == ("200", "true", len(answer.content))


@pytest.mark.parametrize(
    ("target", "status", "flag"),
    [("broken", "503", "overloaded"), ("limited", "429", "rate_limit_exceeded"), ("nobody", "404", "model_not_found")],
)
def test_a_failed_request_says_why(sidecar: Served, http: httpx2.Client, target: str, status: str, flag: str) -> None:
    answer = ask(http, target, f"failed-{target}")
    line = line_of(sidecar, f"failed-{target}")
    assert (line["status"], line["flag"]) == (status, flag)
    assert str(answer.status_code) == status


def test_a_request_that_cannot_be_read_has_a_line_too(sidecar: Served, http: httpx2.Client) -> None:
    http.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json", "x-request-id": "unread-1"})
    line = line_of(sidecar, "unread-1")
    assert (line["status"], line["flag"], line["target"], line["attempts"]) == ("400", "invalid_request", "-", "-")


def test_a_stream_that_was_cut_is_told_as_such(sidecar: Served, http: httpx2.Client) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        ask(http, "cut", "cut-1", stream=True)
    line = line_of(sidecar, "cut-1")
    assert (line["status"], line["flag"]) == ("200", "stream_interrupted")


CHAT = "/v1/chat/completions"
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("data", "status", "flag", "route"),
    [
        (request("GET", "/v1/models", host="evil.example"), 421, "request_forbidden", "/v1/models"),
        (request("GET", "/livez", host="evil.example"), 421, "request_forbidden", "/livez"),
        (request("POST", CHAT, JSON, "Origin: https://evil.example", body=b"{}"), 403, "request_forbidden", CHAT),
        (request("GET", CHAT, *(f"X-{number}: 1" for number in range(99))), 431, "headers_too_large", CHAT),
        (request("GET", f"{CHAT}?{'q' * 9000}"), 414, "uri_too_long", CHAT),
        (request("GET", "/nothing"), 404, "not_found", "/nothing"),
        (request("GET", "/livez/"), 404, "not_found", "/livez/"),
        (request("GET", CHAT), 405, "method_not_allowed", CHAT),
        (request("POST", "/readyz"), 405, "method_not_allowed", "/readyz"),
        (request("POST", CHAT, body=b"{}"), 415, "unsupported_media_type", CHAT),
        (request("POST", CHAT, JSON, "Content-Length: 5000"), 413, "body_too_large", CHAT),
        (request("GET", "/v1/models"), 200, "-", "/v1/models"),
        (request("GET", "/v1/models/plain"), 200, "-", "/v1/models/plain"),
        (request("GET", "/v1/models/nobody"), 404, "model_not_found", "/v1/models/nobody"),
    ],
)
def test_every_answer_of_the_http_side_has_an_id_and_a_line(sidecar: Served, data: bytes, status: int, flag: str, route: str) -> None:
    given = f"edge-{uuid.uuid4().hex}"
    head, end, body = data.partition(b"\r\n\r\n")
    answer = exchange(sidecar.port, head + b"\r\nX-Request-Id: " + given.encode() + end + body)
    assert (answer.status, answer.headers["x-request-id"]) == (status, given)
    line = line_of(sidecar, given)
    assert (line["status"], line["flag"], line["route"], int(line["bytes"])) == (str(status), flag, route, len(answer.body))
    assert (line["target"], line["attempts"], line["stream"]) == ("-", "-", "false")


@pytest.mark.parametrize(
    ("data", "status", "flag"),
    [
        (b"nonsense\r\n\r\n", 400, "invalid_request"),
        (request("GET", "/v1/models", "X Space: 1"), 400, "invalid_request"),
        (request("GET", "/v1/models", "X-Big: " + "a" * 70_000)[:-4], 431, "headers_too_large"),
        (b"GET /" + b"a" * 70_000, 431, "headers_too_large"),
    ],
    ids=["no HTTP", "a space in a name", "a head of 70 kB that goes on", "a path of 70 kB that goes on"],
)
def test_what_cannot_be_read_as_a_request_has_an_id_and_a_line_too(sidecar: Served, data: bytes, status: int, flag: str) -> None:
    answer = exchange(sidecar.port, data)
    assert (answer.status, answer.error["code"], answer.headers["connection"]) == (status, flag, "close")
    line = line_of(sidecar, answer.headers["x-request-id"])
    assert (line["status"], line["flag"]) == (str(status), flag)
    assert line["route"] in ("-", "/v1/models"), "of what was read of a head its path may be known"


@pytest.mark.parametrize("pause", [True, False])
def test_a_body_that_breaks_is_told_in_the_request_s_own_line(sidecar: Served, pause: bool) -> None:  # noqa: FBT001
    given = f"broken-{uuid.uuid4().hex}"
    head = request("POST", CHAT, JSON, f"X-Request-Id: {given}", "Transfer-Encoding: chunked", *["Expect: 100-continue"] * pause)
    with socket.create_connection(("127.0.0.1", sidecar.port), timeout=20) as connection:
        connection.sendall(head if pause else head + b"no size\r\n")
        received = connection.makefile("rb")
        if pause:
            assert received.readline() + received.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"no size\r\n")
        said = received.read()
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert f"x-request-id: {given}".encode() in said
    line = line_of(sidecar, given)
    assert (line["status"], line["flag"], line["route"]) == ("400", "invalid_request", CHAT)


def test_probes_leave_no_line(sidecar: Served) -> None:
    for path in ("/livez", "/readyz"):
        answer = exchange(sidecar.port, request("GET", path, "X-Request-Id: a-probe"))
        assert (answer.status, answer.headers["x-request-id"]) == (200, "a-probe")
    exchange(sidecar.port, request("GET", "/v1/models", "X-Request-Id: after-the-probes"))
    line_of(sidecar, "after-the-probes")
    assert sidecar.program.matches(" id=a-probe ") == []


@pytest.mark.parametrize("path", ["/a%0Ab%20id=forged", "/%1b[31m", "/a%22%20flag=%22none", "/%E2%80%A8", "/" + "a" * 5000])
def test_no_path_breaks_or_forges_a_line(sidecar: Served, path: str) -> None:
    request_id = f"path-{uuid.uuid4().hex}"
    assert exchange(sidecar.port, request("GET", path, f"X-Request-Id: {request_id}")).status == 404
    line = line_of(sidecar, request_id)
    assert (line["status"], line["flag"]) == ("404", "not_found")
    assert line["route"].isascii()
    assert len(line["route"]) < 300


@pytest.mark.parametrize(
    "target", ["a\nb id=forged", 'a" flag="none', "a id=forged status=200", "a\r\n\x1b[31m", "\u2028", "=", "a\\", "\n" * 1500]
)
def test_no_target_s_name_breaks_or_forges_a_line(sidecar: Served, http: httpx2.Client, target: str) -> None:
    request_id = f"forging-{target.encode().hex()[:100]}"
    assert ask(http, target, request_id).status_code == 404
    line = line_of(sidecar, request_id)
    assert line["status"] == "404"
    assert len(line["target"]) < 2000
    assert "\x1b" not in line["target"]


def test_neither_keys_nor_prompts_are_ever_told(sidecar: Served, provider: Mock, http: httpx2.Client) -> None:
    provider.script("quoting", {"status": 401, "error": [None, None, f"Incorrect API key provided: {PROVIDER_KEY}"]})
    told = []
    for number, target in enumerate(("plain", "worded", "broken", "limited", "quoting", "nobody")):
        answer = ask(http, target, f"canary-{number}")
        line_of(sidecar, f"canary-{number}")
        told.append(str(answer.headers))
        if answer.status_code != 200:
            told.append(answer.text)
    for number, body in enumerate(
        (
            b"{" + PROMPT.encode(),
            json.dumps({"messages": PROMPT}).encode(),
            json.dumps({"model": [PROMPT]}).encode(),
            b" " * 5000 + PROMPT.encode(),
        )
    ):
        answer = http.post(
            "/v1/chat/completions", content=body, headers={"content-type": "application/json", "x-request-id": f"canary-b{number}"}
        )
        line_of(sidecar, f"canary-b{number}")
        told.append(str(answer.headers) + answer.text)
    for method, path in (("GET", "/v1/chat/completions"), ("GET", "/nothing"), ("GET", "/v1/models/nobody")):
        told.append(http.request(method, path).text)
    assert leaks("\n".join(told)) == []
    assert leaks(sidecar.program.said) == []


def test_the_search_for_canaries_finds_them() -> None:
    for shift in range(3):
        assert leaks(base64.b64encode(b"x" * shift + CLIENT_KEY.encode() + b"trailing").decode())
    assert leaks(quote(PROVIDER_KEY))
    assert leaks(PROMPT)
