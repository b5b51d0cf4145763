"""The description of the API: whole, consistent, and a page that needs nothing else."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from support.routes import routes

from pyproxy.domain.operations import OPERATIONS
from pyproxy.http.asked import GEMINI_METHODS
from pyproxy.http.openapi import openapi, page

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = openapi("1.2.3")
METHODS = [(method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()]
VOID = {"meta"}


def every(value: object, key: str) -> Iterator[Any]:
    """What stands under a key, at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for each in value.values():
            yield from every(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from every(each, key)


def served() -> set[tuple[str, str]]:
    """Every route as the description would name it; HEAD goes with GET."""
    found = set()
    for method, path in routes():
        named = path.replace("{target:path}", "{target}")
        paths = [named.replace("{call:path}", f"{{target}}:{each}") for each in GEMINI_METHODS] if "{call" in named else [named]
        found |= {(method.lower(), each) for each in paths if method != "HEAD"}
    return found


def test_every_route_is_described_and_nothing_else() -> None:
    assert {(method, path) for method, path, _ in METHODS if method != "head"} == served()


def test_every_operation_of_every_api_has_a_request_and_an_answer() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert {name for name in schemas if name.endswith("_request")} == {f"{name}_request" for name in OPERATIONS}
    assert {name for name in schemas if name.endswith("_answer")} == {f"{name}_answer" for name in OPERATIONS}


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    references = set(every(DOCUMENT, "$ref"))
    there = {f"#/components/{section}/{name}" for section, named in DOCUMENT["components"].items() for name in named}
    assert references == {place for place in there if "/securitySchemes/" not in place}


def test_operations_are_named_once_tagged_and_summed_up() -> None:
    names = [operation["operationId"] for _, _, operation in METHODS]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for _, _, operation in METHODS for tag in operation["tags"]} == tags
    assert all(operation["summary"] and operation["responses"] for _, _, operation in METHODS)


def test_a_parameter_stands_in_the_path_exactly_where_the_path_has_a_place_for_it() -> None:
    for _, path, operation in METHODS:
        named = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_only_administration_wants_a_token() -> None:
    assert {path for _, path, operation in METHODS if "security" in operation} == {path for _, path, _ in METHODS if "/admin/" in path}


def test_the_errors_of_a_route_are_those_of_its_api() -> None:
    expected = {"openai": "openai", "responses": "openai", "anthropic": "anthropic", "gemini": "gemini"}
    for _, _, operation in METHODS:
        api = expected.get(operation["tags"][0])
        if api is not None and "requestBody" in operation:
            assert operation["responses"]["429"]["$ref"] == f"#/components/responses/{api}_error"


class Tags(HTMLParser):
    """What a page is made of; every element has to be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.used: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.used.add(tag)
        self.attributes.update(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(document: dict[str, Any]) -> Tags:
    parsed = Tags()
    parsed.feed(page(document))
    parsed.close()
    assert not parsed.open
    return parsed


def test_the_page_shows_every_operation() -> None:
    parsed = read(DOCUMENT)
    assert "1.2.3" in parsed.text
    for method, path, operation in METHODS:
        assert f"{method.upper()} {path}" in parsed.text
        assert ("id", operation["operationId"]) in parsed.attributes
    for name in ("x-pyproxy-fallback-groups", "x-pyproxy-lossy", "max_output_tokens"):
        assert name in parsed.text


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    parsed = read(DOCUMENT)
    assert not parsed.used & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert {value for name, value in parsed.attributes if name in {"src", "href", "action"}} == {"/openapi.json"}
    assert not {name for name, _ in parsed.attributes if name.startswith("on")}
    assert "url(" not in page(DOCUMENT)
    assert "@import" not in page(DOCUMENT)


def test_the_page_shows_what_looks_like_html_as_it_is_written() -> None:
    text = json.dumps(openapi("<b>1</b>")).replace("A target:", "<script>a & `b`</script>")
    parsed = read(json.loads(text))
    assert "script" not in parsed.used
    assert "<b>1</b>" in parsed.text
    assert "<script>a & b</script>" in parsed.text
