"""What one desk does the other one sees, without a click and without being disturbed at what it does itself."""

from __future__ import annotations

from time import monotonic

from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import UNCHANGED, Update
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from tests.live.conftest import BookAt, StartDesks
from tests.live.desks import Desk
from tests.live.seen import Held
from tests.support.bookings import BERLIN, count
from tests.support.small_clinic import SmallClinic

NINE = 540
BEFORE_IT_EXPIRES_S = 10.0
"""A hold that is not renewed lasts longer than this: one that goes sooner was let go."""
NOTICED_WITHIN_S = 2.0
"""A desk that is gone is looked for every 0.7 seconds while a hold of it is shown; measured: 0.4 to 0.9."""


def test_an_open_form_is_seen_on_the_other_grid_and_gone_with_esc(
    two_desks: tuple[Desk, Desk], clinic: SmallClinic
) -> None:
    one, two = two_desks
    one.begin_booking("0930", "nowak")
    two.until(lambda seen: seen.holds == (Held("Desk 1", str(clinic.weber), "09:30"),), "the hold")
    assert one.seen.holds == ()
    one.press("Escape")
    two.until(lambda seen: not seen.holds, "it freed", within_s=BEFORE_IT_EXPIRES_S)


def test_the_hold_goes_along_when_the_form_is_set_to_another_time(
    two_desks: tuple[Desk, Desk], clinic: SmallClinic
) -> None:
    one, two = two_desks
    one.begin_booking("0930", "nowak")
    two.until(lambda seen: seen.holds, "the hold")
    one.press("W", "alt")
    one.type("1400")
    one.press("Return")  # books: the hold makes way for the appointment
    two.until(lambda seen: seen.at_time("14:00") == ("Nowak",) and not seen.holds, "the booking in its place")


def test_a_killed_desk_holds_nothing_any_more(
    start_desks: StartDesks, two_desks: tuple[Desk, Desk], owner_engine: Engine
) -> None:
    _, two = two_desks
    (one,) = start_desks("Desk 3")
    one.begin_booking("0930", "nowak")
    two.until(lambda seen: [hold.desk for hold in seen.holds] == ["Desk 3"], "the hold")
    killed_at = monotonic()
    one.kill()
    freed = two.until(lambda seen: not seen.holds, "it freed", within_s=BEFORE_IT_EXPIRES_S)
    assert freed.at - killed_at < NOTICED_WITHIN_S
    left = count(owner_engine, "hold JOIN desk ON desk.id = desk_id WHERE desk.name = 'Desk 3' AND expires_at > now()")
    assert left == 1, "it must not have been freed by expiring"


def test_changes_elsewhere_appear_and_leave_form_scroll_and_selection_as_they_are(
    two_desks: tuple[Desk, Desk], book_at: BookAt, back_office: Database, clinic: SmallClinic
) -> None:
    one, two = two_desks
    chosen, moved = book_at(600, 0), book_at(660, 2)
    at_work = two.until(lambda seen: seen.block(chosen.id) and seen.block(moved.id), "both appointments")
    shown = at_work.block(chosen.id)
    assert shown is not None
    two.open(shown)
    two.write_note("half a sent")
    two.do("scroll", steps=3)
    before = two.until(lambda seen: seen.form is not None and seen.form.note == "half a sent")
    assert before.scroll > 0

    book_at(NINE, 3)
    later = minute_to_instant(clinic.monday, 15 * 60, BERLIN)
    booking.update(back_office, Update(moved.id, moved.appointment.version, later, UNCHANGED))
    booking.update(back_office, Update(chosen.id, chosen.appointment.version, note="from elsewhere"))
    one.until(lambda seen: seen.at_time("15:00") == ("O'Neill",), "the move on the desk where nothing is open")
    after = two.until(
        lambda seen: (
            seen.at_time("15:00") == ("O'Neill",)
            and seen.at_time("09:00") == ("Müller-Lüdenscheidt",)
            and seen.at_time("11:00") == ()
            and getattr(seen.block(chosen.id), "note", "") == "from elsewhere"
        ),
        "all three changes",
    )
    assert after.form == before.form
    assert (after.scroll, after.selected, after.focus) == (before.scroll, before.selected, before.focus)
    assert getattr(after.block(moved.id), "changed_at", "") == "Back office"
    two.type("ence")
    assert two.seen.form is not None
    assert two.seen.form.note == "half a sentence"
    two.press("Escape")
    two.until(lambda seen: seen.form is None, "the form gone")


def test_a_cancellation_elsewhere_takes_nothing_from_who_is_booking_there(
    two_desks: tuple[Desk, Desk], book_at: BookAt
) -> None:
    one, two = two_desks
    gone = book_at(NINE).id
    block = one.until(lambda seen: seen.block(gone), "the appointment").block(gone)
    assert block is not None
    two.begin_booking("0915", "nowak")
    one.choose(block)
    one.press("Delete")
    one.until_asked("cancel_dialog")
    one.press("Return")
    two.until(lambda seen: seen.at_time("09:00") == () and seen.form is not None, "it cancelled")
    two.press("Return")
    two.until(lambda seen: seen.at_time("09:15") == ("Nowak",), "the booking")
