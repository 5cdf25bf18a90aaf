"""Of several servers the one of the highest timeline is the primary, whichever says so first."""

from typing import Any

import pytest

from clinic_desk.database import timelines
from clinic_desk.database.timelines import Timelines, single_hosts

BOTH: dict[str, Any] = {
    "host": "first,second",
    "port": "5432,5433",
    "target_session_attrs": "primary",
    "dbname": "clinic",
}


def test_a_lower_timeline_than_one_seen_is_of_an_old_primary() -> None:
    seen = Timelines()
    assert not seen.is_old(1)
    assert not seen.is_old(None)  # a standby
    assert not seen.is_old(3)
    assert seen.is_old(2)
    assert not seen.is_old(3)


def test_each_server_is_asked_by_itself() -> None:
    first, second = single_hosts(BOTH)
    assert (first["host"], first["port"], first["target_session_attrs"]) == ("first", "5432", "any")
    assert (second["host"], second["port"], second["dbname"]) == ("second", "5433", "clinic")


def test_an_old_primary_that_came_back_is_asked_last_and_looked_at_again_when_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, asked = {"first": 1, "second": 2}, []

    def ask(self: Timelines, arguments: dict[str, Any]) -> None:
        asked.append(arguments["host"])
        timeline = now[arguments["host"]]
        self.is_old(timeline)
        self._of_host[timelines._name(arguments)] = timeline

    monkeypatch.setattr(Timelines, "_ask", ask)
    seen = Timelines()
    assert seen.sorted_hosts(BOTH)["host"] == "second,first"
    assert seen.sorted_hosts(BOTH)["port"] == "5433,5432"
    assert sorted(asked) == ["first", "second"]  # once
    now["first"] = 3  # failed back
    assert not seen.is_old(3)
    assert seen.is_old(2)
    assert seen.sorted_hosts(BOTH)["host"] == "first,second"


def test_one_server_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timelines, "_ask_all", lambda *_: pytest.fail("asked"))
    assert Timelines().sorted_hosts({"host": "first"}) == {"host": "first"}
