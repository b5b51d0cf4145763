"""Where each API of a provider is, by the surface it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.providers.paths import NoSuchApiError, address_of, upstream_path, with_client_query

if TYPE_CHECKING:
    from pyproxy.domain.operations import Api
    from pyproxy.domain.surfaces import Surface

SURFACES: tuple[Surface, ...] = ("openai", "azure", "azure_deployments", "anthropic", "gemini")


@pytest.mark.parametrize(
    ("surface", "api", "stream", "path", "query"),
    [
        ("openai", "chat", False, "/chat/completions", b""),
        ("openai", "chat", True, "/chat/completions", b""),
        ("openai", "completions", False, "/completions", b""),
        ("openai", "embeddings", False, "/embeddings", b""),
        ("openai", "responses", True, "/responses", b""),
        ("azure", "chat", False, "/chat/completions", b""),
        ("azure", "responses", False, "/responses", b""),
        ("azure_deployments", "chat", True, "/deployments/m-1/chat/completions", b""),
        ("azure_deployments", "completions", False, "/deployments/m-1/completions", b""),
        ("azure_deployments", "embeddings", False, "/deployments/m-1/embeddings", b""),
        ("azure_deployments", "responses", False, "/responses", b""),
        ("anthropic", "messages", False, "/messages", b""),
        ("anthropic", "messages", True, "/messages", b""),
        ("anthropic", "count_tokens", False, "/messages/count_tokens", b""),
        ("gemini", "generate_content", False, "/models/m-1:generateContent", b""),
        ("gemini", "generate_content", True, "/models/m-1:streamGenerateContent", b"alt=sse"),
        ("gemini", "gemini_count_tokens", False, "/models/m-1:countTokens", b""),
        ("gemini", "embed_content", False, "/models/m-1:embedContent", b""),
        ("gemini", "batch_embed_contents", False, "/models/m-1:batchEmbedContents", b""),
    ],
)
def test_each_api_has_its_path(surface: Surface, api: Api, *, stream: bool, path: str, query: bytes) -> None:
    assert upstream_path(surface, api, "m-1", stream=stream) == (path, query)


@pytest.mark.parametrize(
    ("surface", "api"), [("openai", "messages"), ("anthropic", "chat"), ("gemini", "embeddings"), ("azure", "messages")]
)
def test_an_api_that_a_provider_has_not_is_no_path(surface: Surface, api: Api) -> None:
    with pytest.raises(NoSuchApiError, match=f"{surface} has no {api}"):
        upstream_path(surface, api, "m")


@pytest.mark.parametrize(
    ("model", "resource"),
    [("gemini-3.8-flash", "models/gemini-3.8-flash"), ("models/gemini-3", "models/gemini-3"), ("tunedModels/my-own", "tunedModels/my-own")],
)
def test_a_model_of_gemini_is_named_with_or_without_its_collection(model: str, resource: str) -> None:
    assert upstream_path("gemini", "embed_content", model)[0] == f"/{resource}:embedContent"


@given(st.text(min_size=1), st.sampled_from(["azure_deployments", "gemini"]))
def test_no_name_of_a_model_leaves_its_place_in_the_path(model: str, surface: Surface) -> None:
    try:
        model.encode()
    except UnicodeEncodeError:
        return
    api: Api = "chat" if surface == "azure_deployments" else "embed_content"
    path, query = upstream_path(surface, api, model)
    parts = urlsplit(f"https://host{path}")
    assert (parts.path, parts.query, parts.fragment, query) == (path, "", "", b"")
    segments = path.split("/")
    assert len(segments) == (5 if surface == "azure_deployments" else 3)
    within = segments[2] if surface == "azure_deployments" else "/".join(segments[1:]).removesuffix(":embedContent")
    assert unquote(within) in (model, f"models/{model}")


@pytest.mark.parametrize(
    ("surface", "written", "address"),
    [
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("openai", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com/v1"),
        ("anthropic", "https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1"),
        ("gemini", "https://g.example", "https://g.example/v1beta"),
        ("gemini", "https://g.example/v1beta", "https://g.example/v1beta"),
        ("gemini", "https://g.example/v1", "https://g.example/v1"),
        ("azure", "https://r.openai.azure.com", "https://r.openai.azure.com/openai/v1"),
        ("azure", "https://r.openai.azure.com/openai", "https://r.openai.azure.com/openai/v1"),
        ("azure", "https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai/v1"),
        ("azure_deployments", "https://r.openai.azure.com", "https://r.openai.azure.com/openai"),
        ("azure_deployments", "https://r.openai.azure.com/openai", "https://r.openai.azure.com/openai"),
        ("azure_deployments", "https://r.openai.azure.com/openai/v1", "https://r.openai.azure.com/openai"),
    ],
)
def test_the_version_in_an_address_may_be_left_out(surface: Surface, written: str, address: str) -> None:
    assert address_of(surface, written) == address
    assert address_of(surface, f"{written}/") == address


@given(
    st.sampled_from(SURFACES),
    st.sampled_from(["https://a.example", "http://127.0.0.1:1/x/y", "https://b.example/v1", "https://c.example/openai"]),
)
def test_an_address_is_its_own_address(surface: Surface, base_url: str) -> None:
    address = address_of(surface, base_url)
    assert address_of(surface, address) == address


@pytest.mark.parametrize(
    ("own", "client", "sent"),
    [
        (b"", b"", b""),
        (b"", b"beta=true", b"beta=true"),
        (b"alt=sse", b"alt=json", b"alt=sse"),
        (b"alt=sse", b"key=secret&prettyPrint=false", b"alt=sse&prettyPrint=false"),
        (b"", b"a=%20b&a=c&flag", b"a=%20b&a=c&flag"),
        (b"", b"api-version=2024-10-21&x=1", b"x=1"),
        (b"", b"%6bey=secret&KEY=secret&+key=secret&access_token=secret", b""),
        (b"", b"token=s&auth=s&apikey=s&x-api-key=s&X-Goog-Api-Key=s&subscription-key=s&sig=s&sv=2&x-amz-signature=s&api%2Dkey", b"sv=2"),
        (b"", b"max_tokens=5&keys=1&beta=true&design=x", b"max_tokens=5&keys=1&beta=true&design=x"),
    ],
)
def test_a_clients_query_is_forwarded_but_for_its_credential_and_what_the_path_says(own: bytes, client: bytes, sent: bytes) -> None:
    assert with_client_query(own, client) == sent


@given(st.lists(st.tuples(st.text(max_size=9), st.sampled_from(["", "Key", "api_key", "x-api-key", "auth", "TOKEN", "Sig"]))))
def test_nothing_of_a_clients_query_is_changed_but_what_is_left_out(named: list[tuple[str, str]]) -> None:
    parts = [f"{quote(begins)}{ends}=v{index}".encode() for index, (begins, ends) in enumerate(named)]
    sent = with_client_query(b"alt=sse", b"&".join(parts)).split(b"&")
    assert sent[0] == b"alt=sse"
    rest = iter(parts)
    assert all(part in rest for part in sent[1:])
    names = [unquote(part.decode()).lower().rpartition("=v")[0] for part in sent[1:]]
    assert not [name for name in names if name.endswith(("api_key", "api-key", "auth", "token"))]
