"""For every test, and for every process that one starts."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from support.open_sockets import open_sockets

# How long an example takes says more of the machine than of the code: speed is for benchmarks.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _state_lies_with_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A sidecar writes its sessions down: here, never into the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.delenv("STATE_DIRECTORY", raising=False)
        yield


def _sweep() -> None:
    """Collect what is garbage; the rest need not be looked at again by each collection to come: much of it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    _sweep()


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the tests of a file leave behind is told of that file, not of whichever runs when it happens to be noticed.

    What is garbage is collected here, and warns if it was never closed or awaited; what is held by something has its socket yet.
    """
    before = open_sockets()
    yield
    _sweep()
    left = [described for name, described in open_sockets().items() if name not in before]
    assert not left, f"{request.node.nodeid} leaves open: {', '.join(left)}"
