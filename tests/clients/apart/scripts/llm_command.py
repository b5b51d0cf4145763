"""The `llm` command, with its models in a file of its own."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import KEY, QUESTION, V1, check, expect, main

HOME = Path(tempfile.mkdtemp(prefix="llm-"))
(HOME / "extra-openai-models.yaml").write_text(
    json.dumps([{"model_id": name, "model_name": name, "api_base": V1, "supports_schema": True} for name in ("plain", "limited")])
)


def llm(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "LLM_USER_PATH": str(HOME), "OPENAI_API_KEY": KEY}
    command = [str(Path(sys.executable).parent / "llm"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)


@check
def plain() -> None:
    expect(llm("-m", "plain", "--no-stream", QUESTION).stdout.strip(), f"This is plain, answering: {QUESTION}")


@check
def stream() -> None:
    expect(llm("-m", "plain", QUESTION).stdout.strip(), f"This is plain, answering: {QUESTION}")


@check
def structured() -> None:
    found = llm("-m", "plain", "--schema", "name, people int", QUESTION)
    expect(json.loads(found.stdout), {"name": "text", "people": 1})


@check
def errors() -> None:
    found = llm("-m", "limited", QUESTION)
    told = any(words in found.stderr.lower() for words in ("rate limit", "quota"))  # each provider has its own
    expect((found.returncode != 0, told), (True, True))


main()
