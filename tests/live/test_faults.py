"""The database goes away, falls silent or answers late; a desk is killed: what is told is true, and work goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import URL, Engine

from tests.live.conftest import BookAt, StartDesks
from tests.live.desks import Desk
from tests.support.bookings import count, overlaps
from tests.support.proxy import COMMIT, FaultyProxy
from tests.support.small_clinic import SmallClinic

NINE = 540
LONGEST_WAIT_MS = 100.0


def rows_of_bookings(engine: Engine, clinic: SmallClinic) -> dict[str, int]:
    """How many rows a booking of the test's Monday left, by table."""
    these = f"SELECT id FROM appointment WHERE wall_start::date = '{clinic.monday}'"
    return {
        "appointment": count(engine, f"appointment WHERE id IN ({these})"),
        "history": count(engine, f"history WHERE table_name = 'appointment' AND row_id IN ({these})"),
        "notification": count(engine, f"notification WHERE appointment_id IN ({these}) AND kind = 'confirmation'"),
    }


def test_changes_made_while_the_connection_was_cut_are_shown_when_it_is_back(
    far_desk: Desk, faulty_way: FaultyProxy, book_at: BookAt
) -> None:
    faulty_way.refuse()
    far_desk.until(lambda seen: seen.connection == "lost", "that the connection is gone")
    missed = book_at(NINE)
    assert far_desk.seen.block(missed.id) is None
    faulty_way.resume()
    far_desk.until(lambda seen: seen.block(missed.id) and seen.connection == "live", "what it missed")
    heard = book_at(NINE + 15, 2)
    far_desk.until(lambda seen: seen.block(heard.id), "what came after")


def test_cut_connections_are_replaced_and_the_next_action_works(
    far_desk: Desk, faulty_way: FaultyProxy, owner_engine: Engine, clinic: SmallClinic
) -> None:
    assert faulty_way.cut_all() > 0
    far_desk.until(lambda seen: "The database is back" in seen.banner and seen.can_book, "that it is back")
    far_desk.begin_booking("0930", "nowak")
    far_desk.press("Return")
    far_desk.until(lambda seen: seen.at_time("09:30") == ("Nowak",), "the booking")
    assert rows_of_bookings(owner_engine, clinic)["appointment"] == 1


def test_without_a_database_all_stays_readable_and_typed_and_booking_is_off_until_it_is_back(
    far_desk: Desk, faulty_way: FaultyProxy, book_at: BookAt, owner_engine: Engine, clinic: SmallClinic
) -> None:
    there = book_at(NINE)
    far_desk.begin_booking("1030", "nowak")
    far_desk.write_note("speaks Polish")
    faulty_way.refuse()
    lost = far_desk.until(lambda seen: seen.connection == "lost" and seen.banner, "the banner")
    assert "No connection to the database" in lost.banner
    assert "old and can be read on" in lost.banner
    assert not lost.can_book
    assert lost.block(there.id) is not None
    assert lost.form is not None
    assert lost.form.note == "speaks Polish"

    far_desk.press("Return")
    refused = far_desk.until(
        lambda seen: seen.form is not None and seen.form.problem and not seen.form.is_busy, "why it was not booked"
    )
    assert refused.form is not None
    assert refused.form.note == "speaks Polish"
    assert "Nowak" in refused.form.patient
    assert rows_of_bookings(owner_engine, clinic)["appointment"] == 1

    faulty_way.resume()
    back = far_desk.until(lambda seen: seen.connection == "live" and seen.can_book, "that it is back")
    assert "The database is back" in back.banner
    far_desk.press("Return")
    far_desk.until(lambda seen: seen.at_time("10:30") == ("Nowak",) and seen.form is None, "the booking")
    assert rows_of_bookings(owner_engine, clinic)["appointment"] == 2


def test_while_the_database_is_silent_the_window_goes_on(
    far_desk: Desk, faulty_way: FaultyProxy, clinic: SmallClinic
) -> None:
    far_desk.begin_booking("0930", "nowak")
    far_desk.do("start_tick")
    faulty_way.stall()
    far_desk.press("Return")
    far_desk.until(lambda seen: seen.form is not None and seen.form.is_busy, "that it waits")
    far_desk.until(lambda seen: seen.connection == "lost" and seen.banner, "that the silence was noticed")
    waited = far_desk.do("stop_tick")
    assert waited["count"] > 20  # it ticked, however busy the machine is
    assert waited["blocked"] <= LONGEST_WAIT_MS, waited
    faulty_way.resume()
    far_desk.until(lambda seen: seen.connection == "live", "that it is back")
    settled = far_desk.until(lambda seen: seen.form is None or not seen.form.is_busy, "what became of it")
    if settled.form is not None:  # told "not booked": then it is not, and can be
        assert settled.at_time("09:30") == ()
        far_desk.press("Return")
    far_desk.until(lambda seen: seen.at_time("09:30") == ("Nowak",) and seen.form is None, "one booking")


def test_a_gui_thread_that_waits_would_be_noticed_by_the_tick(two_desks: tuple[Desk, Desk]) -> None:
    desk, _ = two_desks
    desk.do("start_tick")
    desk.do("sleep_on_the_gui_thread", seconds=0.3)
    desk.do("look")
    waited = desk.do("stop_tick")
    assert waited["blocked"] > LONGEST_WAIT_MS


def test_a_booking_whose_answer_was_lost_is_found_out_and_there_once(
    far_desk: Desk, faulty_way: FaultyProxy, owner_engine: Engine, clinic: SmallClinic
) -> None:
    far_desk.begin_booking("0930", "smith")
    sprung = faulty_way.cut_when(COMMIT, before_forward=False)
    far_desk.press("Return")
    far_desk.until(lambda seen: seen.at_time("09:30") == ("Smith",) and seen.form is None, "the booking")
    assert sprung.is_set()
    assert rows_of_bookings(owner_engine, clinic) == {"appointment": 1, "history": 1, "notification": 1}


def test_impatient_keys_on_a_slow_line_book_once(
    far_desk: Desk, faulty_way: FaultyProxy, owner_engine: Engine, clinic: SmallClinic
) -> None:
    far_desk.begin_booking("0930", "nowak")
    faulty_way.delay(250)
    far_desk.press("Return", times=5)
    far_desk.until(lambda seen: seen.at_time("09:30") == ("Nowak",) and seen.form is None, "the booking")
    far_desk.until(lambda seen: seen.sheet is None, "nothing else asked")
    faulty_way.resume()
    assert rows_of_bookings(owner_engine, clinic)["appointment"] == 1


@pytest.mark.parametrize("arrives", [False, True], ids=["before COMMIT arrives", "after COMMIT was sent"])
def test_a_desk_killed_while_booking_leaves_all_of_it_or_nothing_and_starts_again_without_repair(
    *,
    arrives: bool,
    start_desks: StartDesks,
    two_desks: tuple[Desk, Desk],
    proxy: FaultyProxy,
    database_url: URL,
    owner_engine: Engine,
    clinic: SmallClinic,
) -> None:
    _, two = two_desks
    (one,) = start_desks(("Desk 6", proxy.url(database_url)))
    one.begin_booking("0930", "smith")
    two.until(lambda seen: seen.holds, "the hold")
    sprung = proxy.cut_when(COMMIT, before_forward=True, stall=True)
    one.press("Return")
    one.until(lambda seen: seen.form is not None and seen.form.is_busy, "that it books")
    assert sprung.wait(10)
    one.kill()
    if arrives:
        proxy.resume()  # what was on its way still arrives
        two.until(lambda seen: seen.at_time("09:30") == ("Smith",), "the booking")
    else:
        proxy.close()
    two.until(lambda seen: not seen.holds, "no hold")
    rows = 1 if arrives else 0
    assert rows_of_bookings(owner_engine, clinic) == {"appointment": rows, "history": rows, "notification": rows}

    (again,) = start_desks("Desk 6")
    again.begin_booking("1000", "nowak")
    again.press("Return")
    two.until(lambda seen: seen.at_time("10:00") == ("Nowak",), "what the desk books when it is back")
    if not arrives:
        again.begin_booking("0930", "smith")
        again.press("Return")
        two.until(lambda seen: seen.at_time("09:30") == ("Smith",), "the booking done again")
    assert overlaps(owner_engine) == 0
