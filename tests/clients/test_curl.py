"""curl, as people paste it."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.processes import Mock, Served

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


def ask(sidecar: Served, target: str, *arguments: str, stream: bool = False) -> subprocess.CompletedProcess[bytes]:
    body = json.dumps({"model": target, "stream": stream, "messages": [{"role": "user", "content": "Hello"}]})
    head = (CURL or "curl", "-q", "-sS", "--noproxy", "*", "--max-time", "20", f"{sidecar.base_url}/chat/completions")
    return subprocess.run((*head, "-H", "content-type: application/json", "-d", body, *arguments), capture_output=True, check=False)


def test_curl_gets_a_whole_answer(sidecar: Served) -> None:
    done = ask(sidecar, "plain")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "This is plain, answering: Hello"


def test_curl_sees_the_path_taken(sidecar: Served) -> None:
    done = ask(sidecar, "fast_group", "-i")
    head = done.stdout.partition(b"\r\n\r\n")[0].decode().lower()
    assert "x-pyproxy-attempts: fast_group.echelon1/broken:503" in head
    assert "x-pyproxy-model: plain" in head
    assert "server:" not in head


def test_curl_gets_a_stream_up_to_done(sidecar: Served) -> None:
    done = ask(sidecar, "worded", "-N", stream=True)
    assert done.returncode == 0
    assert done.stdout.endswith(b"data: [DONE]\n\n")
    assert b"text/event-stream" in ask(sidecar, "worded", "-N", "-i", stream=True).stdout


@pytest.mark.parametrize("target", ["cut", "early", "reset", "scrambled", "erring"])
def test_curl_ends_with_an_error_when_a_stream_breaks(sidecar: Served, target: str) -> None:
    done = ask(sidecar, target, "-N", stream=True)
    assert done.returncode == 18, "a transfer closed with data outstanding"
    assert b'"error"' in done.stdout.strip().rpartition(b"\n\n")[2]
    assert b"[DONE]" not in done.stdout


def test_curl_sends_a_chunked_body(sidecar: Served) -> None:
    assert b"This is plain" in ask(sidecar, "plain", "-H", "transfer-encoding: chunked").stdout


def test_curl_waits_for_100_continue_and_gets_it(sidecar: Served) -> None:
    done = ask(sidecar, "plain", "-H", "expect: 100-continue", "--expect100-timeout", "15", "-v")
    assert b"HTTP/1.1 100" in done.stderr
    assert b"This is plain" in done.stdout


def test_curl_that_gives_up_ends_the_call_upstream(sidecar: Served, provider: Mock) -> None:
    assert ask(sidecar, "silent-curl", "--max-time", "0.3").returncode == 28
    provider.wait_until_ended("silent-curl?stall_before_head", "client_gone")


def test_curl_lists_the_targets(sidecar: Served) -> None:
    done = subprocess.run((CURL or "curl", "-q", "-sS", "--noproxy", "*", f"{sidecar.base_url}/models"), capture_output=True, check=True)
    assert "fast_group" in [each["id"] for each in json.loads(done.stdout)["data"]]
