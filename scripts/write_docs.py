"""Writes what is made from the models of the configuration: the reference, and the JSON Schema that the examples point at."""

from pathlib import Path

from pyproxy.config.json_schema import schema_text
from pyproxy.config.reference import reference

ROOT = Path(__file__).parents[1]

for path, text in (("docs/configuration.md", reference()), ("configs/pyproxy.schema.json", schema_text())):
    (ROOT / path).parent.mkdir(exist_ok=True)
    (ROOT / path).write_text(text, encoding="utf-8")
    print(f"wrote {path}")
