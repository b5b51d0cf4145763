"""For every test, and for every process that one starts."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _state_lies_with_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A sidecar writes its sessions down: here, never into the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.delenv("STATE_DIRECTORY", raising=False)
        yield
