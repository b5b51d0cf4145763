from __future__ import annotations

from pyproxy.observe.metrics import exposition
from pyproxy.reloading.ledger import Ledger, Outcome


def values(ledger: Ledger) -> dict[str, str]:
    lines = exposition(ledger.metrics("abc")).splitlines()
    return dict(line.removeprefix("pyproxy_config_").rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_every_result_is_there_from_the_beginning() -> None:
    assert values(Ledger(lambda: 7.5)) == {
        'info{revision="abc"}': "1",
        'reloads_total{result="changed"}': "0",
        'reloads_total{result="unchanged"}': "0",
        'reloads_total{result="refused"}': "0",
        "last_reload_successful": "1",
        "last_reload_success_timestamp_seconds": "7.5",
    }


def test_a_refusal_shows_until_the_next_reload_that_is_none() -> None:
    ledger = Ledger(iter((1, 2, 5)).__next__)
    noted: tuple[tuple[Outcome, int, int], ...] = (("changed", 1, 2), ("refused", 0, 2), ("refused", 0, 2), ("unchanged", 1, 5))
    for outcome, good, good_at in noted:
        ledger.note(outcome)
        told = values(ledger)
        assert (told["last_reload_successful"], told["last_reload_success_timestamp_seconds"]) == (str(good), str(good_at))
    assert [told[f'reloads_total{{result="{result}"}}'] for result in ("changed", "unchanged", "refused")] == ["1", "1", "2"]
