from __future__ import annotations

import pytest
from openai.types import Model

from pyproxy.dialects.model_lists import Shape, model_entry, model_list, shape_of

CREATED = 1_800_000_000
TARGETS = ["fast_group", "fast_group.echelon1"]
SHAPES: list[Shape] = ["openai", "anthropic", "google", "codex"]


@pytest.mark.parametrize(
    ("headers", "query", "shape"),
    [
        ([], b"", "openai"),
        ([(b"authorization", b"Bearer x"), (b"x-api-key", b"x")], b"limit=1000", "openai"),
        ([(b"anthropic-version", b"2023-06-01")], b"limit=1000", "anthropic"),
        ([(b"x-goog-api-key", b"x")], b"pageSize=50", "google"),
        ([(b"accept", b"*/*"), (b"x-goog-api-client", b"google-genai-sdk/3")], b"", "google"),
        ([], b"client_version=0.160.0", "codex"),
        ([], b"a=b&client_version=", "codex"),
        ([], b"x_client_version=1", "openai"),
        ([], b"%F3%86=%C3%AC&%C2%B9", "openai"),
        ([(b"anthropic-version", b"2023-06-01")], b"client_version=1", "anthropic"),
    ],
)
def test_the_shape_follows_what_only_one_kind_of_client_sends(headers: list[tuple[bytes, bytes]], query: bytes, shape: Shape) -> None:
    assert shape_of(headers, query) == shape


def test_openais_clients_read_models() -> None:
    listed = model_list("openai", TARGETS, CREATED)
    assert listed["object"] == "list"
    assert [Model.model_validate(entry, strict=True).id for entry in listed["data"]] == TARGETS


def test_anthropics_clients_read_one_page_that_says_where_it_begins_and_ends() -> None:
    listed = model_list("anthropic", TARGETS, CREATED)
    assert {key: listed[key] for key in ("has_more", "first_id", "last_id")} == {
        "has_more": False,
        "first_id": TARGETS[0],
        "last_id": TARGETS[1],
    }
    assert listed["data"][0] == {
        "type": "model",
        "id": "fast_group",
        "display_name": "fast_group",
        "created_at": "2027-01-15T08:00:00Z",
        "lifecycle": "active",
    }
    assert model_list("anthropic", [], CREATED) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_googles_clients_read_names_below_models_and_what_each_can_do() -> None:
    (first, _) = model_list("google", TARGETS, CREATED)["models"]
    assert (first["name"], first["displayName"]) == ("models/fast_group", "fast_group")
    assert "streamGenerateContent" in first["supportedGenerationMethods"]


def test_codex_reads_all_that_it_requires_of_a_model() -> None:
    models = model_list("codex", TARGETS, CREATED)["models"]
    assert [(model["slug"], model["priority"]) for model in models] == [("fast_group", 0), ("fast_group.echelon1", 1)]
    required = {
        "slug",
        "display_name",
        "description",
        "supported_reasoning_levels",
        "shell_type",
        "visibility",
        "supported_in_api",
        "priority",
        "base_instructions",
        "supports_reasoning_summaries",
        "support_verbosity",
        "truncation_policy",
        "supports_parallel_tool_calls",
        "experimental_supported_tools",
    }
    for model in models:
        assert required <= model.keys()
        assert model["base_instructions"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_single_entry_is_the_one_of_the_list(shape: Shape) -> None:
    listed = model_list(shape, TARGETS, CREATED)
    assert model_entry(shape, TARGETS[0], CREATED) == listed["models" if shape in ("google", "codex") else "data"][0]
