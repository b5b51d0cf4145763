"""No web page and no misdirected request comes through, on any route that the application has."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
from support.front import VIEWS
from support.raw import exchange, request
from support.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes import Mock, Served

GOOD = b'{"model": "plain", "messages": [{"role": "user", "content": "Hello"}]}'


def place(path: str) -> str:
    """A path that a route takes."""
    return path.replace("{target:path}", "plain").replace("{call:path}", "plain:countTokens").replace("{name}", "quick")


ROUTES = [(method, place(path)) for method, path in routes()]
PLACES = [*ROUTES, ("GET", "/no-such-route"), ("OPTIONS", "/v1/chat/completions")]


HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "10.0.0.1",
    "[::2]",
    "localhost:x",
    "127.0.0.1:80:80",
    "[::1]x",
    "",
]
HEADERS = [
    "Origin: https://evil.example",
    "Origin: null",
    "Origin: http://localhost.evil.example",
    "Origin: http://localhost@evil.example",
    "Origin: chrome-extension://abc",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
    "Sec-Fetch-Site: CROSS-SITE",
]


def each_place_with_one_of(values: list[str]) -> list[tuple[str, str, str]]:
    """Every place once, the values in turn; and every value at two places: that of models and one that reads a body."""
    in_turn = [(value, *place) for value, place in zip(itertools.cycle(values), PLACES, strict=False)]
    return in_turn + [(value, *place) for value in values for place in (("GET", "/v1/models"), ("POST", "/v1/chat/completions"))]


@pytest.fixture(autouse=True)
def nothing_goes_upstream(provider: Mock) -> Iterator[None]:
    before = len(provider.requests())
    yield
    assert len(provider.requests()) == before


def test_the_walk_finds_the_routes() -> None:
    assert {path for _, path in ROUTES} == {
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/models",
        "/v1/models/plain",
        "/v1/models/plain:countTokens",
        "/v1beta/models",
        "/v1beta/models/plain",
        "/v1beta/models/plain:countTokens",
        "/api/hello",
        "/openapi.json",
        "/docs",
        "/livez",
        "/readyz",
        "/metrics",
        "/admin/v1/reload",
        "/admin/v1/pools",
        "/admin/v1/pools/quick",
        *(f"/admin/v1/{view}" for view in VIEWS),
        "/admin/v1/route",
    }


@pytest.mark.parametrize(("host", "method", "path"), each_place_with_one_of(HOSTS))
def test_another_host_is_misdirected(sidecar: Served, method: str, path: str, host: str) -> None:
    answer = exchange(sidecar.port, request(method, path, "Content-Type: application/json", body=GOOD, host=host))
    assert answer.status == 421
    assert method == "HEAD" or "Host header" in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize(("header", "method", "path"), each_place_with_one_of(HEADERS))
def test_a_web_page_is_refused(sidecar: Served, method: str, path: str, header: str) -> None:
    answer = exchange(sidecar.port, request(method, path, "Content-Type: application/json", header, body=GOOD))
    assert answer.status == 403
    assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_two_lengths_of_two_kinds_are_refused(sidecar: Served, method: str, path: str) -> None:
    data = request(
        method,
        path,
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        f"Content-Length: {len(GOOD)}",
        body=GOOD,
        length=False,
    )
    assert exchange(sidecar.port, data).status == 400


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_more_than_a_hundred_header_fields_are_refused(sidecar: Served, method: str, path: str) -> None:
    answer = exchange(sidecar.port, request(method, path, *(f"X-{number}: 1" for number in range(99))))
    assert answer.status == 431


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8484", "sidecar.internal", "Sidecar.Internal:1"]
)
def test_the_sidecar_s_own_names_are_taken(sidecar: Served, host: str) -> None:
    assert exchange(sidecar.port, request("GET", "/v1/models", host=host)).status == 200


@pytest.mark.parametrize(
    "header", ["Origin: http://localhost:3000", "Origin: http://127.0.0.1", "Sec-Fetch-Site: none", "Sec-Fetch-Site: same-origin"]
)
def test_what_is_not_a_foreign_page_is_taken(sidecar: Served, header: str) -> None:
    assert exchange(sidecar.port, request("GET", "/v1/models", header)).status == 200


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_the_absolute_form_does_not_get_around_the_host(sidecar: Served, host: str) -> None:
    assert exchange(sidecar.port, request("GET", "http://evil.example/v1/models", host=host)).status == 421


def test_the_absolute_form_asks_for_the_path(sidecar: Served) -> None:
    assert exchange(sidecar.port, request("GET", "http://localhost/v1/models", host="evil.example")).status == 200


def test_the_probes_say_that_all_is_well(sidecar: Served) -> None:
    for path, status in (("/livez", "alive"), ("/readyz", "ready")):
        answer = exchange(sidecar.port, request("GET", path))
        assert (answer.status, json.loads(answer.body)["status"]) == (200, status)
