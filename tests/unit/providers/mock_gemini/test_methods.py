"""Gemini's API around the answers as the mock speaks it: keys, counts of tokens, embeddings, models, and paths."""

from typing import Any

import httpx2
import pytest
from support.mock_gemini import HELLO

from pyproxy.providers.mock import Behaviour, MockProvider


async def test_a_key_comes_in_its_header_or_in_the_query() -> None:
    async with MockProvider(api_keys={"right"}) as mock, httpx2.AsyncClient(base_url=mock.url, trust_env=False) as http:
        path = "/v1beta/models/m:generateContent"
        asked = {"contents": HELLO}
        assert (await http.post(path, json=asked, headers={"x-goog-api-key": "right"})).status_code == 200
        assert (await http.post(f"{path}?key=right", json=asked)).status_code == 200
        missing = await http.post(path, json=asked, headers={"authorization": "Bearer right"})
        assert (missing.status_code, missing.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
        wrong = await http.post(f"{path}?key=wrong", json=asked)
        assert (wrong.status_code, wrong.json()["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")


async def test_tokens_are_counted(http: httpx2.AsyncClient) -> None:
    path = "/v1beta/models/m:countTokens"
    assert (await http.post(path, json={"contents": HELLO})).json()["totalTokens"] == 5
    whole = {"generateContentRequest": {"contents": HELLO, "systemInstruction": {"parts": [{"text": "be brief"}]}}}
    assert (await http.post(path, json=whole)).json()["totalTokens"] == 7
    assert (await http.post(path, json={"contents": HELLO, "systemInstruction": {}})).status_code == 400


async def test_embeddings_are_the_same_for_the_same_text(http: httpx2.AsyncClient) -> None:
    def asked(text: str) -> dict[str, Any]:
        return {"model": "models/m", "content": {"parts": [{"text": text}]}, "outputDimensionality": 4}

    one = (await http.post("/v1beta/models/m:embedContent", json=asked("one"))).json()["embedding"]
    batch = (await http.post("/v1beta/models/m:batchEmbedContents", json={"requests": [asked("one"), asked("two")]})).json()["embeddings"]
    assert batch[0] == one != batch[1]
    assert sum(each * each for each in one["values"]) == pytest.approx(1)
    usual = await http.post("/v1beta/models/m:embedContent", json={"content": {"parts": [{"text": "one"}]}})
    assert len(usual.json()["embedding"]["values"]) == 3072
    stray = await http.post("/v1beta/models/other:batchEmbedContents", json={"requests": [asked("one")]})
    assert stray.status_code == 400


async def test_models_are_google_s_for_its_clients(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    for name in "abc":
        mock.script(name, Behaviour())
    page = (await http.get("/v1/models?pageSize=2", headers={"x-goog-api-client": "x"})).json()
    assert [each["name"] for each in page["models"]] == ["models/a", "models/b"]
    rest = (await http.get("/v1beta/models", params={"pageToken": page["nextPageToken"]})).json()
    assert ([each["name"] for each in rest["models"]], "nextPageToken" in rest) == (["models/c"], False)
    assert (await http.get("/v1/models/x?key=k")).json()["name"] == "models/x"
    assert "data" in (await http.get("/v1/models")).json()


async def test_unknown_methods_are_not_found(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1beta/models/m:predict", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")
    assert (await http.post("/v1beta/models/m", json={})).status_code == 404
    assert (await http.post("/v1beta/models/m:generateContent", content=b"{")).status_code == 400
    assert (await http.post("/v1beta/models/m:generateContent", json=[])).status_code == 400


async def test_the_path_s_model_may_hold_a_behaviour_when_it_is_quoted(http: httpx2.AsyncClient, mock: MockProvider) -> None:
    assert (await http.post("/v1/models/m%3Fstatus=503:generateContent", json={"contents": HELLO})).status_code == 503
    assert mock.requests[-1].model == "m?status=503"
    assert (await http.post("/v1/models/m%3Fno:generateContent", json={"contents": HELLO})).status_code == 400
