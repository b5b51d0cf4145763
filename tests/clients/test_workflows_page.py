"""What docs/workflows.md tells people to write runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.processes import Mock

PAGE = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text()
(CONFIG,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TOLD = ["This is gpt-4o-mini, answering: Hello", "['openai:gpt-4o'] ['fast_group.echelon2']", "This is gpt-4o, answering: Check This is"]


@pytest.mark.parametrize(("code", "told"), list(zip(SNIPPETS, TOLD, strict=True)), ids=["wrappers", "managers", "langgraph"])
def test_a_snippet_runs(code: str, told: str, provider: Mock, tmp_path: Path) -> None:
    config = CONFIG.replace("https://api.openai.com/v1", provider.base_url).replace("${OPENAI_API_KEY}", "sk-1")
    (tmp_path / "pyproxy.yaml").write_text(config)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout
