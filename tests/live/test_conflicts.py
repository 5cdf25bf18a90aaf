"""Two desks want the same at the same moment: nobody is double-booked, nothing typed is lost, the dialogs lead on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine

from tests.live.conftest import BookAt, ShutGate
from tests.live.desks import Desk
from tests.live.seen import Block
from tests.support.bookings import count, overlaps, stored
from tests.support.small_clinic import SmallClinic

NINE = 540


def shown(desk: Desk, appointment_id: UUID) -> Block:
    block = desk.until(lambda seen: seen.block(appointment_id), "the appointment").block(appointment_id)
    assert block is not None
    return block


def take_and_aim(desk: Desk, appointment_id: UUID, time: str) -> None:
    """Take an appointment in hand and put the cursor where it is to go: Enter moves it."""
    desk.choose(shown(desk, appointment_id))
    desk.type("m")
    desk.until(lambda seen: seen.carrying, "it in hand")
    desk.type(time)


def race(shut_gate: ShutGate, first: Desk, second: Desk, key: str = "Return") -> None:
    """Both press Enter while the other's change is not there yet; the first one's is decided first."""
    with shut_gate() as gate:
        first.press(key)
        gate.wait_for(1)
        second.press(key)
        gate.wait_for(2)


def test_of_two_bookings_of_one_time_one_wins_and_the_other_takes_an_alternative_by_its_number(
    two_desks: tuple[Desk, Desk], shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    one.begin_booking("0930", "nowak")
    two.begin_booking("0930", "sioban"[:3])
    two.write_note("asks for the back door")
    two.until(lambda seen: seen.form is not None and "Desk 1 is booking" in seen.form.about_time, "Desk 1's hold")
    race(shut_gate, one, two)

    asked = two.until(lambda seen: seen.sheet is not None and seen.sheet.choices and seen.sheet.can_answer).sheet
    assert asked is not None
    assert asked.name == "slot_taken_dialog"
    assert asked.says("This time was just taken at Desk 1")
    assert asked.says("Nothing you typed is lost.")
    one.until(lambda seen: seen.at_time("09:30") == ("Nowak",) and seen.form is None, "its booking")

    two.press("2")
    two.until(lambda seen: seen.sheet is None and seen.form is None, "the end of it")
    assert "Booked" in two.seen.toast
    assert count(owner_engine, "appointment WHERE note = 'asks for the back door'") == 1
    assert overlaps(owner_engine) == 0


def test_who_lost_a_time_goes_back_to_the_form_and_finds_everything_as_it_was_typed(
    two_desks: tuple[Desk, Desk], shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    one.begin_booking("0930", "nowak")
    two.begin_booking("0930", "smith")
    two.write_note("brings his dog")
    race(shut_gate, one, two)
    two.until_asked("slot_taken_dialog")

    two.press("Escape")
    form = two.until(lambda seen: seen.sheet is None and seen.form is not None and seen.focus == "when_line").form
    assert form is not None
    assert form.note == "brings his dog"
    assert "Smith" in form.patient
    two.type("1115")
    two.press("Return")
    two.until(lambda seen: seen.at_time("11:15") == ("Smith",), "it booked at the other time")
    assert count(owner_engine, "appointment WHERE note = 'brings his dog'") == 1


def test_of_two_moves_of_one_appointment_the_later_is_asked_and_can_have_its_way(
    two_desks: tuple[Desk, Desk], book_at: BookAt, shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    moved = book_at(NINE).id
    take_and_aim(one, moved, "1000")
    take_and_aim(two, moved, "1100")
    race(shut_gate, one, two)

    asked = two.until_asked("changed_first_dialog").sheet
    assert asked is not None
    assert asked.says("This appointment was changed at Desk 1 first")
    assert [choice[0:4] for choice in asked.choices] == ["When", "When"]
    one.until(lambda seen: seen.at_time("10:00") == ("Meier",), "its move")
    assert shown(two, moved).start == "10:00"

    two.press("1")
    two.press("Return")
    for desk in (one, two):
        desk.until(lambda seen: seen.at_time("11:00") == ("Meier",) and seen.sheet is None, "the second move")
    row = stored(owner_engine, moved)
    assert row["version"] == 3


def test_of_two_appointments_moved_to_one_time_the_later_is_offered_others_and_stays_where_it_was_if_let_go(
    two_desks: tuple[Desk, Desk], book_at: BookAt, shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    first, second = book_at(NINE, 0).id, book_at(NINE + 15, 2).id
    take_and_aim(one, first, "1000")
    take_and_aim(two, second, "1000")
    race(shut_gate, one, two)

    two.until_asked("slot_taken_dialog")
    two.do("click", name="discard")
    two.until(lambda seen: seen.sheet is None, "the dialog gone")
    for desk in (one, two):
        seen = desk.until(lambda seen: seen.at_time("10:00") == ("Meier",), "the first move")
        assert seen.at_time("09:15") == ("O'Neill",)
    assert overlaps(owner_engine) == 0
    assert stored(owner_engine, second)["version"] == 1


def test_a_move_of_what_was_cancelled_meanwhile_is_told_so_and_enter_leaves_it_cancelled(
    two_desks: tuple[Desk, Desk], book_at: BookAt, shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    wanted = book_at(NINE).id
    one.choose(shown(one, wanted))
    one.press("Delete")
    one.until_asked("cancel_dialog")
    take_and_aim(two, wanted, "1100")
    race(shut_gate, one, two)

    asked = two.until_asked("changed_first_dialog").sheet
    assert asked is not None
    assert asked.says("This appointment was cancelled at Desk 1")
    two.press("Return")
    two.until(lambda seen: seen.sheet is None, "the dialog gone")
    row = stored(owner_engine, wanted)
    assert (row["status"], row["version"]) == ("cancelled", 2)
    for desk in (one, two):
        desk.until(lambda seen: seen.at_time("09:00") == () and seen.at_time("11:00") == (), "neither")


def test_a_cancellation_of_what_was_moved_meanwhile_is_not_carried_out_unseen(
    two_desks: tuple[Desk, Desk], book_at: BookAt, shut_gate: ShutGate, owner_engine: Engine
) -> None:
    one, two = two_desks
    wanted = book_at(NINE).id
    take_and_aim(one, wanted, "1100")
    two.choose(shown(two, wanted))
    two.press("Delete")
    two.until_asked("cancel_dialog")
    race(shut_gate, one, two)

    two.until_asked("changed_first_dialog")
    row = stored(owner_engine, wanted)
    assert (row["status"], row["version"]) == ("booked", 2)
    two.press("Return")
    two.until(lambda seen: seen.sheet is None, "it cancelled after all, as it is now")
    assert stored(owner_engine, wanted)["status"] == "cancelled"


def test_edits_of_different_fields_are_merged_and_enter_keeps_both(
    two_desks: tuple[Desk, Desk], book_at: BookAt, owner_engine: Engine
) -> None:
    one, two = two_desks
    edited = book_at(NINE).id
    for desk in two_desks:
        desk.open(shown(desk, edited))
    one.write_note("brings a letter")
    two.press("W", "alt")
    two.type("10:30")
    one.press("Return")
    one.until(lambda seen: seen.form is None, "its change saved")
    two.press("Return")

    asked = two.until_asked("changed_first_dialog").sheet
    assert asked is not None
    assert asked.choices == ()
    assert asked.says("brings a letter")
    two.press("Return")
    two.until(lambda seen: seen.sheet is None and seen.form is None, "it saved")
    for desk in two_desks:
        desk.until(lambda seen: seen.at_time("10:30") == ("Meier",), "the merged appointment")
        assert shown(desk, edited).note == "brings a letter"
    assert stored(owner_engine, edited)["version"] == 3


def test_edits_of_the_same_field_are_asked_about_and_what_is_chosen_stands(
    two_desks: tuple[Desk, Desk], book_at: BookAt, owner_engine: Engine
) -> None:
    one, two = two_desks
    edited = book_at(NINE).id
    for desk, note in ((one, "sober"), (two, "with an interpreter")):
        desk.open(shown(desk, edited))
        desk.write_note(note)
    one.press("Return")
    one.until(lambda seen: seen.form is None, "its change saved")
    two.press("Return")

    asked = two.until_asked("changed_first_dialog").sheet
    assert asked is not None
    assert [choice.partition(":")[2].strip() for choice in asked.choices] == ["1 with an interpreter", "2 sober"]
    two.press("Return")  # nothing is chosen yet: nothing is saved
    assert two.seen.sheet is not None
    two.press("2")
    two.press("Return")
    two.until(lambda seen: seen.sheet is None and seen.form is None, "it settled")
    assert stored(owner_engine, edited)["note"] == "sober"
    assert stored(owner_engine, edited)["version"] == 2


def test_a_room_and_a_doctor_are_not_taken_twice_by_a_drag_of_each_desk(
    two_desks: tuple[Desk, Desk], book_at: BookAt, shut_gate: ShutGate, clinic: SmallClinic, owner_engine: Engine
) -> None:
    one, two = two_desks
    first, second = book_at(NINE, 0).id, book_at(NINE + 30, 2).id
    shown(one, first)
    shown(two, second)
    with shut_gate() as gate:
        one.do("drag", appointment_id=str(first), doctor=str(clinic.okafor), to_minute=600)
        gate.wait_for(1)
        two.do("drag", appointment_id=str(second), doctor=str(clinic.okafor), to_minute=600)
        gate.wait_for(2)
    two.until(lambda seen: seen.sheet is not None and seen.sheet.choices and seen.sheet.can_answer, "alternatives")
    two.press("1")
    two.until(lambda seen: seen.sheet is None, "the alternative taken")
    assert overlaps(owner_engine) == 0
    assert stored(owner_engine, first)["practitioner_id"] == clinic.okafor
    assert stored(owner_engine, second)["version"] == 2
