from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.records import finished

from pyproxy.observe.wrapper_watch import WrapperWatch

if TYPE_CHECKING:
    from pyproxy.observe.alerts import Alert


def heard(*requests: dict[str, Any]) -> list[str]:
    alerts: list[Alert] = []
    watch = WrapperWatch(alerts.append)
    watch.follow(["w"])
    for fields in requests:
        watch(finished("g.e1/a:200", **{"target": "w", **fields}))
    return [alert.kind for alert in alerts]


BAD: dict[str, Any] = {"answered": False}
GOOD: dict[str, Any] = {}


def test_the_third_failure_in_a_row_is_told_once_and_so_is_the_answer_after_it() -> None:
    assert heard(BAD, BAD) == []
    assert heard(BAD, BAD, GOOD, BAD) == []
    assert heard(BAD, BAD, BAD, BAD) == ["wrapper_failing"]
    assert heard(BAD, BAD, BAD, BAD, GOOD, GOOD) == ["wrapper_failing", "wrapper_answering"]


def test_a_stream_that_broke_off_is_a_failure_and_a_client_that_left_is_none() -> None:
    broken = {"flag": "reset"}
    left = {"flag": "client_gone"}
    assert heard(broken, broken, broken) == ["wrapper_failing"]
    assert heard(left, left, left) == []
    assert heard({**BAD, "status": None}, BAD, BAD) == []


def test_a_refusal_of_what_was_asked_says_nothing_either_way() -> None:
    refused = {"answered": False, "status": 400, "flag": "invalid_request"}
    assert heard(refused, refused, refused) == []
    assert heard(BAD, BAD, refused, BAD) == ["wrapper_failing"]
    assert heard(BAD, BAD, BAD, refused) == ["wrapper_failing"]


def test_only_those_that_ask_for_it_are_watched_and_a_reload_forgets_no_failure() -> None:
    alerts: list[Alert] = []
    watch = WrapperWatch(alerts.append)
    for _ in range(5):
        watch(finished(target="w", **BAD))
    assert alerts == []
    watch.follow(["w"])
    watch(finished(target="w", **BAD))
    watch(finished(target="w", **BAD))
    watch.follow(["v", "w"])
    watch(finished(target="w", **BAD))
    assert [(alert.kind, alert.subject) for alert in alerts] == [("wrapper_failing", "w")]
