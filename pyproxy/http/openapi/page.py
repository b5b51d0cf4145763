"""The document as one page for people: no script, no style sheet and no font from anywhere else, so that it can be read offline."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproxy.http.openapi.shorthand import Json

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2.5rem 0 .5rem; text-transform: capitalize; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 3.4rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; padding: .6rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .6rem .25rem 0; vertical-align: top; }
td:first-child, td:nth-child(2):not(:last-child) { white-space: nowrap; }
"""
_CODE = re.compile(r"`([^`]+)`")


def page(document: Json) -> str:
    """The page of a document."""
    return "".join(_Page(document).lines())


class _Page:
    def __init__(self, document: Json) -> None:
        self._document = document

    def lines(self) -> Iterator[str]:
        info = self._document["info"]
        title = escape(f"{info['title']} {info['version']}")
        yield f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        yield f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        for paragraph in info["description"].split("\n\n"):
            yield f"<p>{_prose(paragraph)}</p>"
        yield '<p>The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>'
        for tag in self._document["tags"]:
            yield f"<h2>{escape(tag['name'])}</h2><p>{_prose(tag['description'])}</p>"
            for path, methods in self._document["paths"].items():
                for method, operation in methods.items():
                    if tag["name"] in operation["tags"]:
                        yield from self._operation(path, method.upper(), operation)
        yield "</body></html>\n"

    def _operation(self, path: str, method: str, operation: Json) -> Iterator[str]:
        yield f'<details id="{escape(operation["operationId"])}"><summary><b>{method}</b> <code>{escape(path)}</code> '
        yield f"{escape(operation['summary'])}</summary>"
        if "description" in operation:
            yield f"<p>{_prose(operation['description'])}</p>"
        yield f"<pre>{escape(self._command(path, method, operation))}</pre>"
        parameters = [self._meant(parameter) for parameter in operation.get("parameters", ())]
        yield from _table("Parameters", ((each["name"], f"{_kind(each['schema'])} in {each['in']}", _note(each)) for each in parameters))
        body = self._body(operation)
        needed = body.get("required", ())
        members = body.get("properties", {}).items()
        yield from _table("Body", ((name, _kind(each) + (", required" if name in needed else ""), _note(each)) for name, each in members))
        answers = operation["responses"].items()
        yield from _table("Answers", ((status, each["description"]) for status, each in answers))
        headers = {name: self._meant(each) for response in operation["responses"].values() for name, each in self._headers(response)}
        yield from _table("Headers of answers", ((name, _kind(each["schema"]), _note(each)) for name, each in headers.items()))
        yield "</details>"

    def _command(self, path: str, method: str, operation: Json) -> str:
        """The request as people paste it."""
        words = ["curl", *(("-I",) if method == "HEAD" else () if method == "GET" else ("-X", method)), f"http://127.0.0.1:8484{path}"]
        if "security" in operation:
            words += ["-H", "'authorization: Bearer ADMIN_TOKEN'"]
        body = self._body(operation)
        if body:
            example = {name: "TARGET" if name == "model" else "…" for name in body.get("required", ())}
            words += ["-H", "'content-type: application/json'", "-d", f"'{json.dumps(example, ensure_ascii=False)}'"]
        return " ".join(words).replace("{target}", "TARGET").replace("{name}", "NAME")

    def _body(self, operation: Json) -> Json:
        for media_type in operation.get("requestBody", {}).get("content", {}).values():
            return self._meant(media_type["schema"])
        return {}

    def _headers(self, response: Json) -> Iterator[tuple[str, Json]]:
        yield from self._meant(response).get("headers", {}).items()

    def _meant(self, value: Json) -> Json:
        """What a reference refers to, or the value itself."""
        found = value
        if "$ref" in value:
            found = self._document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        return found


def _table(title: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    shown = [f"<tr><td><code>{escape(name)}</code></td>" + "".join(f"<td>{_prose(cell)}</td>" for cell in rest) for name, *rest in rows]
    if shown:
        yield f"<h3>{title}</h3><table>{'</tr>'.join(shown)}</tr></table>"


def _kind(schema: Json) -> str:
    """A schema in a few words."""
    if "enum" in schema:
        return " | ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    kind = str(schema.get("type", "anything"))
    return f"{kind} of {_kind(schema['items'])}" if kind == "array" else kind


def _note(described: Json) -> str:
    return str(described.get("description", ""))


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
