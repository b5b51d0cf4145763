from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.observe.alerts import Alert, Alerts
from pyproxy.observe.metrics import exposition

if TYPE_CHECKING:
    import pytest

OPENED = Alert("breaker_opened", "g/a", "a is left alone in g", at=1.0)
CLOSED = Alert("breaker_closed", "g/a", "a is back in g", at=2.0)


def test_an_alert_goes_to_the_log_once_at_its_level_and_to_everybody_who_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="pyproxy")
    alerts, heard = Alerts(), list[Alert]()
    alerts.listen(heard.append)
    alerts(OPENED)
    alerts(CLOSED)
    assert heard == [OPENED, CLOSED]
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", "a is left alone in g"),
        ("INFO", "a is back in g"),
    ]


def test_a_listener_that_fails_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    alerts, heard = Alerts(), list[Alert]()

    def fails(_: Alert) -> None:
        raise ValueError("no")

    alerts.listen(fails)
    alerts.listen(heard.append)
    alerts(OPENED)
    assert heard == [OPENED]
    assert "an observer failed at the alert breaker_opened of g/a" in caplog.messages


def test_the_last_ones_are_kept_the_newest_first_and_all_are_counted() -> None:
    alerts = Alerts(keep=3)
    for number in range(5):
        alerts(Alert("breaker_opened", str(number), "m"))
    assert [alert.subject for alert in alerts.last()] == ["4", "3", "2"]
    assert 'pyproxy_alerts_total{kind="breaker_opened"} 5\n' in exposition(alerts.metrics())
    assert 'pyproxy_alerts_total{kind="pool_exhausted"} 0\n' in exposition(alerts.metrics())


def test_a_reload_may_keep_more_or_fewer_and_loses_none_that_fits() -> None:
    alerts = Alerts(keep=5)
    for number in range(5):
        alerts(Alert("breaker_opened", str(number), "m"))
    alerts.keep(2)
    assert [alert.subject for alert in alerts.last()] == ["4", "3"]
    alerts.keep(10)
    alerts(CLOSED)
    assert [alert.subject for alert in alerts.last()] == ["g/a", "4", "3"]
