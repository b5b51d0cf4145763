"""Where instances are called, and what is sent with every call, seen by a mock provider that writes it down."""

from __future__ import annotations

from typing import Any

import pytest
from support.transports import Kind, transport_of

from pyproxy.config import load_config
from pyproxy.providers.endpoints import Endpoint, endpoints
from pyproxy.providers.mock import MockProvider
from pyproxy.providers.transport import UpstreamCall

ADDRESS = "https://r.example"


def endpoint(**provider: Any) -> Endpoint:
    config = {"providers": {"p": {"base_url": ADDRESS, "api_key": "the-key"} | provider}, "models": {"m": {"provider": "p", "model": "x"}}}
    return endpoints(load_config(config, {}))["m"]


@pytest.mark.parametrize(
    ("provider", "address", "credential", "query"),
    [
        ({}, ADDRESS, (b"authorization", b"Bearer the-key"), b""),
        ({"dialect": "anthropic"}, f"{ADDRESS}/v1", (b"x-api-key", b"the-key"), b""),
        ({"dialect": "gemini"}, f"{ADDRESS}/v1beta", (b"x-goog-api-key", b"the-key"), b""),
        ({"azure": {}}, f"{ADDRESS}/openai/v1", (b"api-key", b"the-key"), b""),
        ({"preset": "azure"}, f"{ADDRESS}/openai/v1", (b"api-key", b"the-key"), b""),
        ({"azure": {"api_version": "preview"}}, f"{ADDRESS}/openai/v1", (b"api-key", b"the-key"), b"api-version=preview"),
        ({"azure": {"api_version": "2024-10-21"}}, f"{ADDRESS}/openai", (b"api-key", b"the-key"), b"api-version=2024-10-21"),
    ],
)
def test_each_surface_has_its_address_and_its_credential(
    provider: dict[str, Any], address: str, credential: tuple[bytes, bytes], query: bytes
) -> None:
    found = endpoint(**provider)
    assert (found.base_url, found.headers, found.query) == (address, (credential,), query)


def test_only_anthropic_wants_a_version_of_whoever_sends_none() -> None:
    assert endpoint(dialect="anthropic").defaults == ((b"anthropic-version", b"2023-06-01"),)
    assert endpoint().defaults == endpoint(dialect="gemini").defaults == endpoint(azure={}).defaults == ()


def test_no_representation_tells_a_credential() -> None:
    assert "the-key" not in repr(endpoint(dialect="anthropic"))


async def sent(kind: Kind, mock: MockProvider, client: tuple[tuple[bytes, bytes], ...], query: bytes = b"", **provider: Any) -> Any:
    """What the provider is sent for a call."""
    made = {"base_url": mock.base_url, "api_key": "the-key"} | provider
    config = load_config({"providers": {"p": made}, "models": {"m": {"provider": "p", "model": "x"}}}, {})
    async with transport_of(kind, endpoints(config)) as transport:
        response = await transport.open(UpstreamCall("m", "/there", query, client, b"{}", 5))
        await response.aclose()
    return mock.requests[-1]


@pytest.mark.parametrize(("client", "version"), [((), "2023-06-01"), (((b"anthropic-version", b"2099-01-01"),), "2099-01-01")])
async def test_the_version_of_a_client_goes_before_the_default(kind: Kind, client: tuple[tuple[bytes, bytes], ...], version: str) -> None:
    async with MockProvider() as mock:
        request = await sent(kind, mock, client, dialect="anthropic")
        assert request.header("anthropic-version") == version
        assert [name.lower() for name, _ in request.headers].count(b"anthropic-version") == 1


async def test_the_version_of_a_provider_goes_before_that_of_a_client(kind: Kind) -> None:
    async with MockProvider() as mock:
        request = await sent(kind, mock, ((b"anthropic-version", b"1"),), dialect="anthropic", headers={"anthropic-version": "2"})
        assert request.header("anthropic-version") == "2"


async def test_no_credential_of_a_client_reaches_a_provider_of_any_surface(kind: Kind) -> None:
    names = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key", b"x-goog-user-project")
    client = tuple((name, b"of-the-client") for name in names)
    providers: list[dict[str, Any]] = [{}, {"dialect": "anthropic"}, {"dialect": "gemini"}, {"azure": {}}]
    for provider in providers:
        async with MockProvider() as mock:
            request = await sent(kind, mock, client, **provider)
            assert b"of-the-client" not in b" ".join(value for _, value in request.headers)
            assert sum(b"the-key" in value for _, value in request.headers) == 1


async def test_the_version_of_azure_ends_the_query(kind: Kind) -> None:
    async with MockProvider() as mock:
        request = await sent(kind, mock, (), b"a=b", azure={"api_version": "2024-10-21"})
        assert request.path == "/v1/openai/there?a=b&api-version=2024-10-21"
        request = await sent(kind, mock, (), azure={"api_version": "2024-10-21"})
        assert request.path == "/v1/openai/there?api-version=2024-10-21"
