"""Each scenario is played with both ways of moving bytes."""

from __future__ import annotations

import pytest

from pyproxy import runtime
from pyproxy.rust_core import NativeIo


@pytest.fixture(autouse=True, params=["python", "native"])
def io(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(runtime, "DEFAULT_IO", request.param)
    NativeIo()  # begins the threads, which stay, before anybody counts what is open
    kind: str = request.param
    return kind
