"""Both pairs, the same plan: what client, providers and observers see of it is the same, and the limits are free afterwards.

`make test` plays some plans; `make test-pairs` many, by PAIRS.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from hypothesis import Phase, given, settings
from support.alike import differences, told
from support.both import stage
from support.plans import Plan, plans

if TYPE_CHECKING:
    import pytest

PLANS = int(os.environ.get("PAIRS", "60"))
LONG = PLANS > 60


async def test_any_plan_looks_the_same_over_both_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    async with stage(monkeypatch) as on:

        async def check(plan: Plan) -> None:
            by_python, by_native = await asyncio.gather(on.play(plan, "python"), on.play(plan, "native"))
            assert not differences(told(plan, by_native), told(plan, by_python))

        @settings(max_examples=PLANS, derandomize=not LONG, database=None, phases=[Phase.generate, Phase.shrink])
        @given(plan=plans())
        def play(plan: Plan) -> None:
            asyncio.run_coroutine_threadsafe(check(plan), loop).result()

        await asyncio.to_thread(play)
