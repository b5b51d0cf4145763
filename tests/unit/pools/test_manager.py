from __future__ import annotations

import pytest
from support.scene import TEXT

from pyproxy import PollingPoolManager, Sidecar
from pyproxy.errors import AdmissionRefused, PoolNotFound, ShuttingDown
from pyproxy.providers.mock import Behaviour, MockProvider


async def test_the_manager_finds_the_pools_of_a_sidecar_hands_their_instances_out_and_takes_them_back() -> None:
    async with MockProvider() as mock:
        mock.default = Behaviour(text=TEXT)
        config = {
            "providers": {"p": {"base_url": mock.base_url, "api_keys": ["one", "two"]}},
            "models": {"m": {"provider": "p", "model": "m", "concurrency_limit": 1}},
            "task_groups": {"g": {"e": {"models": ["m"]}}},
            "polling_pools": {"fast": {"task_groups": ["g"], "health_check": False}},
        }
        async with Sidecar(config) as sidecar:
            manager = PollingPoolManager(sidecar)
            assert manager.list_pools() == ["fast"]
            with pytest.raises(PoolNotFound, match="There is fast"):
                manager.get_pool("slow")
            pool = manager.get_pool("fast")
            async with pool.get_instance() as one, pool.get_instance() as other:
                assert {one.instance, other.instance} == {"m#1", "m#2"}
                assert manager.list_all_status()["fast"].in_flight == 2
                with pytest.raises(AdmissionRefused, match="nobody to ask now"):
                    await pool.get_instance(max_wait=0)
                manager.shutdown()
                with pytest.raises(ShuttingDown):
                    manager.get_pool("fast")
            assert manager.list_all_status()["fast"].in_flight == 0
            assert (await sidecar.generate("fast", "Hello")).text
