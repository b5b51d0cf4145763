"""pyproxy's commands as processes of their own, with what they have said; nothing here knows how pyproxy works inside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Mock", "Program", "Result", "Served", "mock", "run", "serve", "start"]

PATIENCE_S = 20.0
_COMMAND = (sys.executable, "-m", "pyproxy")


class Result(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "error", **(extra or {})}


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run a command to its end."""
    done = subprocess.run(
        (*_COMMAND, *arguments), cwd=cwd, env=_environment(env), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


class Program:
    """A command that goes on; its lines can be waited for. It runs outside the checkout, so that only what is installed is imported."""

    def __init__(self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            (*_COMMAND, *arguments),
            cwd=cwd,
            env=_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said = threading.Condition()
        self._open = 2
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self._process.stdout, self.out), (self._process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: IO[str], lines: list[str]) -> None:
        with stream:
            for line in stream:
                with self._said:
                    lines.append(line.rstrip("\n"))
                    self._said.notify_all()
        with self._said:
            self._open -= 1
            self._said.notify_all()

    @property
    def said(self) -> str:
        with self._said:
            return "\n".join((*self.out, *self.err))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def matches(self, pattern: str) -> list[re.Match[str]]:
        """Every line said so far that the pattern is found in."""
        return [found for line in (*self.out, *self.err) if (found := re.search(pattern, line))]

    def wait_for(self, pattern: str, count: int = 1) -> re.Match[str]:
        """Wait until so many lines hold the pattern; gives the last of them."""
        with self._said:
            self._said.wait_for(lambda: len(self.matches(pattern)) >= count or not self._open, PATIENCE_S)
            found = self.matches(pattern)
        assert len(found) >= count, f"{pattern!r} was not said {count} times:\n{self.said}"
        return found[count - 1]

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> Result:
        """Wait for the end, which something else brings about."""
        try:
            code = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return Result(code, "\n".join(self.out), "\n".join(self.err))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Result:
        """Ask the process to end, and wait for it."""
        if self.running:
            self.send(number)
        return self.wait()


@contextmanager
def start(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Start a command; it ends with the context."""
    program = Program(*arguments, cwd=cwd, env=env)
    try:
        yield program
    finally:
        program.stop()


class Mock:
    """The mock provider as a process of its own."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.base_url = program.wait_for(r"^mock provider at (\S+)$")[1]
        # It lives as long as the tests, but no connection does: what is open when a file's tests are over was forgotten there.
        self._http = httpx2.Client(
            base_url=self.base_url.removesuffix("/v1"),
            trust_env=False,
            timeout=PATIENCE_S,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        self._http.close()

    def script(self, model: str, *behaviours: Mapping[str, Any]) -> None:
        """Say how a model behaves from now on."""
        self._http.put(f"/mock/models/{model}", json=list(behaviours)).raise_for_status()

    def requests(self, model: str | None = None) -> list[dict[str, Any]]:
        """What arrived, for one model or in all."""
        seen: list[dict[str, Any]] = self._http.get("/mock/requests").raise_for_status().json()
        return [each for each in seen if model is None or each["model"] == model]

    def forget(self) -> None:
        """Forget what arrived."""
        self._http.delete("/mock/requests").raise_for_status()

    def bodies(self, model: str) -> list[dict[str, Any]]:
        return [json.loads(each["body"]) for each in self.requests(model)]

    def wait_until_ended(self, model: str, outcome: str, count: int = 1) -> None:
        """Wait until the mock has seen so many requests for a model end that way."""
        self.program.wait_for(rf"model={re.escape(model)} {outcome}$", count)


@contextmanager
def mock(cwd: Path, *arguments: str) -> Iterator[Mock]:
    """Start the mock provider on a free port."""
    with start("mock", "--port", "0", *arguments, cwd=cwd) as program:
        provider = Mock(program)
        try:
            yield provider
        finally:
            provider.close()


class Served:
    """`pyproxy serve` as a process of its own."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.address = program.wait_for(r"^pyproxy serves (\S+) ")[1]
        self.port = int(self.address.rpartition(":")[2]) if self.address.startswith("http") else 0

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"


@contextmanager
def serve(config: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a configuration on a free port, or where the arguments say."""
    where = arguments or ("--port", "0")
    with start("serve", "--config", str(config), *where, cwd=config.parent, env=env) as program:
        yield Served(program)
