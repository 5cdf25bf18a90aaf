"""What happens in the tour, and what must be seen of it at both desks."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from clinic_desk.domain.records import Entry
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.messages import MessageLine, messages_of
from clinic_desk.services.slots import FreeSlot
from clinic_desk.tour.hands import Hands
from clinic_desk.tour.plan import Plan, make_plan
from clinic_desk.tour.stage import Stage, Steps, TourFailed, Until
from clinic_desk.tour.steps import choose_patient, dialog_of, entry_of, name_of, open_form, point_at, watched
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.theme import apply_style
from clinic_desk.ui.told import place_text

T = TypeVar("T")
Key = Qt.Key


class TwoDesks:
    """Julia at Desk 1 and Karl at Desk 2, on one day of one doctor."""

    def __init__(self, stage: Stage, julia: Hands, karl: Hands) -> None:
        self._stage = stage
        self._julia = julia
        self._karl = karl
        self._plans: list[Plan | None] = []

    @property
    def _plan(self) -> Plan:
        plan = self._plans[-1] if self._plans else None
        if plan is None:
            message = "a day of the demo clinic with room for four visits, and patients who want e-mail"
            raise TourFailed(message)
        return plan

    def story(self) -> Steps[None]:
        """Everything, in order."""
        yield from self._go_to_a_day_with_room()
        first = yield from self._book_by_keyboard()
        first = yield from self._move_by_mouse(first)
        instead = yield from self._take_the_same_time()
        # The move left its first time free; another one is kept in case that was what the dialog offered.
        free = next(slot for slot in (self._plan.slots[0], self._plan.slots[3]) if not _is_at(instead, slot))
        yield from self._change_the_same_appointment(first, free)
        yield from self._look_at_messages(first)
        yield from self._undo(first)
        yield from self._turn_dark()

    # --- parts of the story ---

    def _go_to_a_day_with_room(self) -> Steps[None]:
        space = self._julia.space
        database, clinic, now = space.desk.database, space.store.clinic, space.store.freshness.now()
        self._ask(lambda: make_plan(database, clinic, now), self._plans.append)
        yield Until(lambda: bool(self._plans), "the free times of the next days were read")
        day = self._plan.day
        for hands in (self._julia, self._karl):
            yield from hands.go_to(day)
        self._stage.say(f"Both desks go to {day:%A}, {day.isoformat()}: Ctrl+G, the date, Enter.")
        yield from self._stage.picture(self._julia.window, "desk-1-the-day")

    def _book_by_keyboard(self) -> Steps[Entry]:
        julia, karl, plan = self._julia, self._karl, self._plan
        form = yield from open_form(julia, plan.slots[0])
        yield Until(lambda: bool(karl.space.store.boards[plan.day].holds), "Desk 2 sees that Desk 1 is booking there")
        self._stage.say("Desk 1 opens the booking form; Desk 2 shows “Desk 1 is booking here…” at once.")
        yield from self._stage.picture(karl.window, "desk-2-sees-the-hold")
        yield from choose_patient(julia, form, plan.people[0])
        yield from self._stage.picture(julia.window, "desk-1-booking-form")
        booked = watched(form)
        began = monotonic()
        julia.key(Key.Key_Return)
        yield Until(lambda: booked.entry is not None, "the visit is booked")
        entry = entry_of(booked)
        yield Until(lambda: karl.entry(entry) is not None, "Desk 2 shows the booking without a click")
        self._stage.say(f"Desk 1 books {self._told(entry)}: Enter, letters of the name, Enter, Enter.")
        self._stage.say(f"Desk 2 shows it by itself, {(monotonic() - began) * 1000:.0f} ms after Desk 1 pressed Enter.")
        self._stage.expect(not form.isVisible(), "the form closes when the visit is booked")
        yield from self._stage.picture(karl.window, "desk-2-follows-live")
        return entry

    def _move_by_mouse(self, entry: Entry) -> Steps[Entry]:
        karl, julia, slot = self._karl, self._julia, self._plan.slots[1]
        yield from karl.to_calendar()
        karl.calendar.select_entry(entry.id)
        shown = karl.entry(entry) or entry
        karl.drag(shown, _place(slot, shown))
        yield Until(lambda: _is_at(karl.entry(entry), slot), "Desk 2 moved the visit by dragging it")
        yield Until(lambda: _is_at(julia.entry(entry), slot), "Desk 1 shows it at its new time")
        moved = julia.entry(entry) or entry
        self._stage.say(f"Desk 2 drags it to another time: {self._told(moved)}; Desk 1 follows. Undo is offered.")
        self._stage.expect("Moved" in karl.window.toasts.latest_text(), "a note tells of the move and offers Undo")
        yield from self._stage.picture(karl.window, "desk-2-moved-by-mouse")
        return moved

    def _take_the_same_time(self) -> Steps[Entry]:
        """Both desks book the time that the move left free, at the same moment."""
        plan, forms = self._plan, {}
        for hands, patient in ((self._julia, plan.people[1]), (self._karl, plan.people[2])):
            forms[hands] = yield from open_form(hands, plan.slots[2])
            yield from choose_patient(hands, forms[hands], patient)
        booked = {hands: watched(form) for hands, form in forms.items()}
        for hands in forms:
            hands.key(Key.Key_Return)  # nothing is waited for in between
        self._stage.say("Both desks press Enter for the same doctor and the same time at the same moment.")
        yield Until(lambda: any(each.entry for each in booked.values()), "one of the two gets the time")
        winner = next(hands for hands, each in booked.items() if each.entry)
        loser = self._karl if winner is self._julia else self._julia
        dialog = yield from dialog_of(loser, SlotTakenDialog)
        yield Until(lambda: bool(dialog.choices) and dialog.guard.is_ready, "other times are offered")
        yield from self._stage.picture(loser.window, "time-taken-first")
        yield from loser.turn_to()
        loser.key(Key.Key_1)
        yield Until(lambda: booked[loser].entry is not None, "the best of the other times is booked by pressing 1")
        won, lost = entry_of(booked[winner]), entry_of(booked[loser])
        self._stage.expect(not _overlap(won, lost), "the two visits do not overlap")
        self._stage.say(f"{name_of(winner)} gets it: {self._told(won)}.")
        self._stage.say(f"{name_of(loser)} is told who has it, presses 1 and books {self._told(lost)} instead.")
        return lost

    def _change_the_same_appointment(self, entry: Entry, slot: FreeSlot) -> Steps[None]:
        """Desk 2 writes a note into a visit that Desk 1 moves meanwhile: both changes stand."""
        karl, julia = self._karl, self._julia
        yield from karl.to_calendar()
        karl.calendar.select_entry(entry.id)
        karl.key(Key.Key_Return)
        form = karl.space.booking.form
        yield Until(form.isVisible, "the visit is opened at Desk 2")
        form.fields.note.setFocus(Qt.FocusReason.TabFocusReason)
        karl.type("bring old reports")
        yield from self._move_by_keyboard(julia, entry, slot)
        self._stage.say(
            "Desk 2 writes a note into the visit; meanwhile Desk 1 moves it by keyboard: M, the time, Enter."
        )
        yield from karl.turn_to()
        karl.key(Key.Key_Return)
        dialog = yield from dialog_of(karl, ChangedFirstDialog)
        yield Until(lambda: dialog.guard.is_ready, "the dialog can be answered")
        yield from self._stage.picture(karl.window, "changed-first-merged")
        karl.key(Key.Key_Return)
        yield Until(lambda: _has_both(julia.entry(entry), slot), "Desk 1 shows the new time and the note")
        self._stage.say("Desk 2 is shown both changes, merged; Enter saves: the new time and the note stand.")

    def _look_at_messages(self, entry: Entry) -> Steps[None]:
        database, found = self._julia.space.desk.database, list[tuple[MessageLine, ...]]()
        self._ask(lambda: messages_of(database, entry.id), found.append)
        yield Until(lambda: bool(found), "the queue was read")
        kinds = {line.kind for line in found[0]}
        self._stage.expect("confirmation" in kinds, "a confirmation to the patient is in the queue")
        for line in found[0]:
            self._stage.say(f"In the queue: {line.kind} by {line.channel}, {line.status}: “{line.subject}”")
        self._julia.calendar.select_entry(entry.id)
        yield Until(lambda: bool(self._julia.space.sides.panel.rows.texts()), "the panel shows the appointment")
        yield from self._stage.picture(self._julia.window, "desk-1-appointment-and-messages")

    def _undo(self, entry: Entry) -> Steps[None]:
        julia = self._julia
        before = julia.entry(entry)
        yield from julia.to_calendar()
        julia.key(Key.Key_Z, control=True)
        dialog = yield from dialog_of(julia, ChangedFirstDialog)
        yield Until(lambda: dialog.guard.is_ready, "the dialog can be answered")
        self._stage.expect(julia.entry(entry) == before, "nothing was changed by it")
        self._stage.say("Desk 1 presses Ctrl+Z: it is shown that Desk 2 changed the visit since, and nothing is lost.")
        julia.key(Key.Key_Escape)
        yield Until(lambda: julia.window.toasts.latest_text() == "Left as it is now.", "the visit stays as it is")

    def _turn_dark(self) -> Steps[None]:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_style(app, dark=True)
            yield from self._stage.picture(self._julia.window, "desk-1-dark")
            apply_style(app, dark=False)

    # --- what hands do several times ---

    def _move_by_keyboard(self, hands: Hands, entry: Entry, slot: FreeSlot) -> Steps[None]:
        yield from hands.to_calendar()
        hands.calendar.select_entry(entry.id)
        hands.key(Key.Key_M)
        yield Until(hands.window.hint.isVisible, "M takes the visit in hand")
        yield from point_at(hands, slot)
        hands.key(Key.Key_Return)
        yield Until(lambda: _is_at(hands.entry(entry), slot), "Enter puts the visit there")

    # --- small things ---

    def _ask(self, work: Callable[[], T], answer: Callable[[T], None]) -> None:
        space = self._julia.space

        def failed(error: ClinicDeskError) -> None:
            self._stage.fail(f"The database did not answer a question: {error}")

        space.desk.tasks.query(self._stage, work, answer, failed)

    def _told(self, entry: Entry) -> str:
        return f"{entry.patient.display_name} · {place_text(entry, self._julia.space.store.clinic)}"


def _place(slot: FreeSlot, entry: Entry) -> Place:
    minutes = int(entry.appointment.length.total_seconds()) // 60
    return Place(slot.practitioner_id, entry.appointment.room_id, slot.site_id, slot.starts_at, minutes)


def _is_at(entry: Entry | None, slot: FreeSlot) -> bool:
    return entry is not None and entry.appointment.starts_at == slot.starts_at


def _has_both(entry: Entry | None, slot: FreeSlot) -> bool:
    return _is_at(entry, slot) and entry is not None and "old reports" in entry.appointment.note


def _overlap(one: Entry, other: Entry) -> bool:
    a, b = one.appointment, other.appointment
    same = a.practitioner_id == b.practitioner_id
    return same and a.footprint[0] < b.footprint[1] and b.footprint[0] < a.footprint[1]
