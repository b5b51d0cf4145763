"""The compiled mock provider and load generator, as seen from here."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from processes import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Generator", "Mock", "Seen", "Way", "built", "certificate"]

_ROOT = Path(__file__).parents[2]

_CERTIFICATE = """\
[req]
distinguished_name = name
x509_extensions = own
prompt = no
[name]
CN = localhost
[own]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


@dataclass(frozen=True)
class Way:
    """How to ask for a model: where, with which headers, and what stands before its name."""

    port: int
    path: str = "/v1/chat/completions"
    headers: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""


@dataclass
class Seen:
    """What a run has seen. Times in microseconds, in order."""

    answered: int
    failed: int
    failures: dict[str, int]
    seconds: float
    chunks: int
    latencies_us: list[float]
    first_bytes_us: list[float]
    chunk_delays_us: list[float]
    cpu_seconds: float = 0.0
    memory_grown_mib: float | None = None


@dataclass(frozen=True)
class Mock:
    """The provider: the ports at which it speaks HTTP and HTTPS, and the certificate that it shows."""

    running: Running
    http: int
    https: int
    certificate: Path

    @classmethod
    @contextlib.contextmanager
    def started(cls, binary: Path, folder: Path) -> Iterator[Mock]:
        """Serves until the context ends, or this process does: it watches its standard input."""
        shown, key = certificate(folder)
        process = subprocess.Popen([binary, "mock", shown, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            ports = json.loads(process.stdout.readline() if process.stdout else "")
            yield cls(Running(process.pid, 0.0), ports["http"], ports["https"], shown)
            if process.stdin:
                process.stdin.close()


@dataclass(frozen=True)
class Generator:
    """Many clients in one process, which lives as long as a run."""

    binary: Path

    def run(
        self,
        way: Way,
        model: str,
        mode: Mapping[str, Any],
        *,
        seconds: float,
        request_bytes: int = 16,
        meanwhile: tuple[float, Callable[[], None]] | None = None,
    ) -> Seen:
        """Ask, and give what was seen; `meanwhile` is called once, so many seconds after the begin.

        Args:
            way: How.
            model: Which model; its name says what the mock does.
            mode: `{"closed": {"connections": 8, "requests": None}}`, `{"open": {"rate": 100}}` or
                `{"streams": {"streams": 200, "probe": "chunks2"}}`.
            seconds: How long at most.
            request_bytes: The length of what is asked.
            meanwhile: When, and what.
        """
        plan = {
            "address": f"127.0.0.1:{way.port}",
            "path": way.path,
            "headers": dict(way.headers),
            "model": way.prefix + model,
            "request_bytes": request_bytes,
            "seconds": seconds,
            "mode": {
                kind: {name: way.prefix + value if name == "probe" else value for name, value in of.items()} for kind, of in mode.items()
            },
        }
        process = subprocess.Popen([self.binary, "generate", json.dumps(plan)], stdout=subprocess.PIPE, text=True)
        with process:
            if meanwhile is not None:
                time.sleep(meanwhile[0])
                meanwhile[1]()
            report = _read(process.stdout)
        return Seen(**report)

    def answers(self, way: Way, model: str) -> bool:
        """Whether one request is answered."""
        return self.run(way, model, {"closed": {"connections": 1, "requests": 1}}, seconds=0.05).answered > 0


def _read(output: IO[str] | None) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(output.read() if output else "")
    return report


def built() -> Path:
    """Build both, and give the program."""
    command = ("cargo", "build", "--release", "--locked", "--quiet", "--package", "load_bench", "--message-format", "json")
    done = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)
    (program,) = (message["executable"] for line in done.stdout.splitlines() if (message := json.loads(line)).get("executable") is not None)
    return Path(program)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody has signed but itself, and its key."""
    settings, shown, key = folder / "certificate.cnf", folder / "certificate.pem", folder / "key.pem"
    settings.write_text(_CERTIFICATE)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    command = ("openssl", "req", "-x509", "-config", settings, *curve, "-keyout", key, "-out", shown)
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
    return shown, key
