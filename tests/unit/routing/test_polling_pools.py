from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyproxy import PollingPoolManager
from pyproxy.errors import NoModelAvailable, PoolNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG: dict[str, Any] = {
    "providers": {
        "p": {"base_url": "http://127.0.0.1:1/v1", "dialect": "openai", "api_keys": ["k1", "k2"]},
        "q": {"base_url": "http://127.0.0.1:1/v1", "dialect": "openai"},
    },
    "task_groups": {"fast_group": {"echelon1": {"models": ["p:a", "q:b"]}, "echelon2": {"models": ["q:b", "q:c"]}}},
    "polling_pools": {
        "fast_pool": {"task_groups": ["fast_group"], "rotation_strategy": "least_used"},
        "small_pool": {"task_groups": ["fast_group.echelon2"]},
    },
}


class Live:
    """Instances at work, as who runs a pool gives them."""

    def __init__(self, *names: str) -> None:
        self.free = list(names)
        self.released: list[tuple[str, bool]] = []
        self.ended = False

    def get_instance(self) -> str | None:
        return self.free.pop(0) if self.free else None

    def release_instance(self, instance: str, *, succeeded: bool) -> None:
        self.released.append((instance, succeeded))
        self.free.append(instance)

    def status(self) -> Mapping[str, Any]:
        return {"free": len(self.free)}

    def shutdown(self) -> None:
        self.ended = True


def test_the_instances_are_each_model_with_each_credential() -> None:
    manager = PollingPoolManager(CONFIG)
    assert manager.list_pools() == ["fast_pool", "small_pool"]
    assert manager.get_pool("fast_pool").instances() == ["p:a#1", "p:a#2", "q:b", "q:c"]
    assert manager.get_pool("small_pool").instances() == ["q:b", "q:c"]


def test_a_pool_that_is_not_there_is_named_with_its_neighbours() -> None:
    with pytest.raises(PoolNotFound, match="Did you mean 'fast_pool'") as caught:
        PollingPoolManager(CONFIG).get_pool("fast_poll")
    assert (caught.value.status, caught.value.target) == (404, "fast_poll")


def test_a_pool_that_does_not_run_here_tells_its_settings_and_gives_nothing_out() -> None:
    pool = PollingPoolManager(CONFIG).get_pool("fast_pool")
    assert pool.status()["running"] is False
    assert pool.status()["rotation_strategy"] == "least_used"
    with pytest.raises(NoModelAvailable, match="does not run here") as caught:
        pool.get_instance()
    assert caught.value.http_status == 503


def test_instances_are_taken_and_given_back() -> None:
    live = Live("q:b")
    pool = PollingPoolManager(CONFIG, {"small_pool": live}.get).get_pool("small_pool")
    instance = pool.get_instance()
    with pytest.raises(NoModelAvailable, match="can be had now"):
        pool.get_instance()
    pool.release_instance(instance, succeeded=False)
    with pool.instance() as again:
        assert again == "q:b"
    with pytest.raises(KeyError), pool.instance():
        raise KeyError
    assert live.released == [("q:b", False), ("q:b", True), ("q:b", False)]


def test_every_pool_has_a_status_and_a_shutdown_ends_those_that_run() -> None:
    live = Live("q:b")
    manager = PollingPoolManager(CONFIG, {"small_pool": live}.get)
    status = manager.list_all_status()
    assert (status["small_pool"]["free"], status["fast_pool"]["running"]) == (1, False)
    manager.shutdown()
    assert live.ended
    with pytest.raises(NoModelAvailable):
        manager.get_pool("small_pool").get_instance()
    assert manager.list_all_status()["small_pool"]["running"] is False
