"""The dialog for an appointment that another desk changed first: three-way by field, what clashes is asked."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from clinic_desk.domain.merge import Merge, merge, resolve
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.compare_table import Cell, CompareTable
from clinic_desk.ui.booking.fields import Remark, button, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.merge_text import Side, field_name, field_text, status_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import ago_text, one_line
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ChangedFirstDialog(Sheet):
    """Shows one conflict at a time, and stays open while its answer is written: that may conflict again."""

    decided = Signal(object)
    """The Appointment as it is to be, a change of what the database holds now."""
    book_again = Signal()
    """The appointment was ended meanwhile, and what was wanted is to be booked anew."""
    left_as_is = Signal()
    """What the database holds now is to stay."""
    overruled = Signal()
    """The question of `ask` was answered with yes."""

    def __init__(self, parent: QWidget, clinic: Clinic) -> None:
        super().__init__(parent, width=820)
        self.setObjectName("changed_first_dialog")
        self.clinic = clinic
        self.guard = Guard(self)
        self.choices: list[ChoiceButton] = []
        self._kept_mine: dict[str, bool] = {}
        self._buttons_of: dict[str, tuple[ChoiceButton, ChoiceButton]] = {}
        self._result_of: dict[str, QLabel] = {}
        self._sides: tuple[Side, Side, Side] | None = None
        self._merge: Merge | None = None
        self._ended = False
        self._quick = False
        self._asking = False
        self._busy = False
        self._title = plain_label("", "title", wrap=True)
        self._story = plain_label("", wrap=True)
        self._table = CompareTable(
            (
                "",
                translate("changed", "As you opened it"),
                translate("changed", "As you want it"),
                translate("changed", "As it is now"),
                translate("changed", "Result"),
            )
        )
        self.problem = Remark()
        self.problem.setObjectName("changed_problem")
        self.problem.setProperty("boxed", "true")
        self._leave = button("", "leave_as_is", self._leave_it)
        self._save = button("", "save_merged", self._go_on, "primary")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._leave)
        buttons.addWidget(self._save)
        for widget in (self._title, self._story, self._table, self.problem):
            self.body.addWidget(widget)
        self.body.addSpacing(4)
        self.body.addLayout(buttons)

    # --- what it shows ---

    def show_conflict(self, base: Side, mine: Side, now_entry: Entry, at: datetime, *, quick: bool = False) -> None:
        """Compare the three; `at` is the present instant. Calling again replaces what is shown.

        `quick`: one key made the change, and one key decides; what the other desk ended can be set all the same.
        """
        now = Side(now_entry.appointment, now_entry.patient)
        found = merge(base.appointment, mine.appointment, now.appointment)
        self._sides, self._merge = (base, mine, now), found
        is_over = any(clash.ended for clash in found.clashes) or not now.appointment.status.occupies_time
        self._quick, self._ended = quick, is_over and not quick
        self._busy = self._asking = False
        self._kept_mine = {}
        self._tell_story(now_entry, at)
        self._show_fields(found)
        self.problem.say("")
        self.guard.begin()
        self._show_state()
        self.arrange()
        if self.isVisible():
            (self.first_focus() or self._save).setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell_story(self, now: Entry, at: datetime) -> None:
        status = now.appointment.status
        desk = one_line(now.changed.desk if now.changed else "") or translate("changed", "another desk")
        told = {
            AppointmentStatus.CANCELLED: translate("changed", "This appointment was cancelled at {desk}"),
            AppointmentStatus.ENTERED_IN_ERROR: translate("changed", "This appointment was deleted at {desk}"),
            AppointmentStatus.WAITLIST: translate("changed", "This appointment was parked at {desk}"),
        }.get(status, translate("changed", "This appointment was changed at {desk} first"))
        self._title.setText(told.format(desk=desk))
        self.setAccessibleName(self._title.text())
        kept = translate("changed", "Nothing you typed is lost.")
        if self._quick:  # no form shows whom it is about
            kept = translate("changed", "Nothing was changed here yet.")
            if self._merge is not None and self._merge.clashes:
                kept = translate("changed", "Nothing was changed here yet: 1 or 2 decides, Esc keeps it as it is.")
            self._title.setText(f"{one_line(now.patient.display_name)}: {self._title.text()}")
            self.setAccessibleName(self._title.text())
        if now.changed is None:
            self._story.setText(kept)
            return
        self._story.setText(
            translate("changed", "{person} did it {ago} (version {version}).").format(
                person=one_line(now.changed.person),
                ago=ago_text(at - now.changed.at),
                version=now.appointment.version,
            )
            + " "
            + kept
        )
        self.setAccessibleDescription(self._story.text())

    def _show_fields(self, found: Merge) -> None:
        self.choices, self._buttons_of, self._result_of = [], {}, {}
        asked = [] if self._ended else [clash.field for clash in found.clashes]
        rows: list[tuple[Cell, ...]] = [self._asked_row(name) for name in asked]
        if self._ended:
            rows = [self._told_row(name, "") for name in ("when", "with", "status")]
            rows += [
                self._told_row(name, "") for name in found.taken_from_mine if name not in ("when", "with", "status")
            ]
        else:
            theirs = [name for name in found.taken_from_theirs if name not in asked]
            rows += [self._told_row(name, translate("changed", "✓ as it is now")) for name in theirs]
            rows += [self._told_row(name, translate("changed", "✓ as you want it")) for name in found.taken_from_mine]
        self._table.show_rows(rows)

    def _texts(self, name: str) -> tuple[str, str, str]:
        assert self._sides is not None
        base, mine, now = (field_text(name, side, self.clinic) for side in self._sides)
        return base, mine, now

    def _told_row(self, name: str, result: str) -> tuple[Cell, ...]:
        base, mine, now = self._texts(name)
        same = translate("changed", "unchanged")
        if name == "status" and self._ended:
            return field_name(name), base, "–", now, result
        return field_name(name), base, mine if mine != base else same, now if now != base else same, result

    def _asked_row(self, name: str) -> tuple[Cell, ...]:
        base, mine, now = self._texts(name)
        number = len(self.choices) + 1
        pair = (
            ChoiceButton(number, mine, "", lambda: self._keep(name, mine=True), self._table, wraps=True),
            ChoiceButton(number + 1, now, "", lambda: self._keep(name, mine=False), self._table, wraps=True),
        )
        for choice, whose in zip(
            pair, (translate("changed", "as you want it"), translate("changed", "as it is now")), strict=True
        ):
            choice.setCheckable(True)
            choice.setToolTip(plain_tip(choice.accessibleName()))
            choice.setAccessibleName(f"{field_name(name)}, {whose}: {choice.accessibleName()}")
        self.choices += pair
        self._buttons_of[name] = pair
        self._result_of[name] = plain_label(wrap=True)
        return field_name(name), base, pair[0], pair[1], self._result_of[name]

    # --- what is decided ---

    def first_focus(self) -> QWidget | None:
        if self.choices and not self._ended:
            return self.choices[0]
        return self._leave if self._ended else self._save

    def undecided(self) -> tuple[str, ...]:
        """Return the fields both changed for which none was chosen yet."""
        return tuple(name for name in self._buttons_of if name not in self._kept_mine)

    def choose(self, number: int) -> None:
        """Choose by the number (from 1) that stands on a choice."""
        if not self._busy and 1 <= number <= len(self.choices):
            name = list(self._buttons_of)[(number - 1) // 2]
            self._keep(name, mine=number % 2 == 1)

    def _keep(self, name: str, *, mine: bool) -> None:
        if self._busy or not self.guard.is_ready:
            self._show_state()
            return
        for each in self._buttons_of if self._quick else (name,):
            self._kept_mine[each] = mine
        self._asking = False
        self.problem.say("")
        self._show_state()
        if self._quick:
            self._go_on() if mine else self._leave_it()
            return
        left = self.undecided()
        (self._buttons_of[left[0]][0] if left else self._save).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_state(self) -> None:
        for name, (mine, theirs) in self._buttons_of.items():
            mine.setChecked(self._kept_mine.get(name) is True)
            theirs.setChecked(self._kept_mine.get(name) is False)
            self._result_of[name].setText(
                {
                    None: translate("changed", "← choose"),
                    True: translate("changed", "✓ as you want it"),
                    False: translate("changed", "✓ as it is now"),
                }[self._kept_mine.get(name)]
            )
        for each in (*self.choices, self._leave):
            each.setEnabled(not self._busy)
        self._save.setEnabled(not self._busy and not self.undecided())
        self._save.setVisible(not self._quick or not self.choices or self._busy)
        self._name_buttons()

    def _name_buttons(self) -> None:
        assert self._sides is not None
        status = self._sides[2].appointment.status
        if self._ended:
            leave = translate("changed", "Leave it: {status} ⏎").format(status=status_text(status))
            go_on = translate("changed", "&Book it again as you want it")
        else:
            leave = translate("changed", "&Keep it as it is now")
            go_on = translate("changed", "Save ⏎")
        if self._asking:
            go_on = translate("changed", "Save anyway ⏎")
        if self._busy:
            go_on = translate("changed", "Saving…")
        restyle(self._leave, "kind", "primary" if self._ended else "")
        restyle(self._save, "kind", "" if self._ended else "primary")
        set_button_text(self._leave, leave)
        set_button_text(self._save, go_on)

    def _go_on(self) -> None:
        if self._busy or self.undecided() or not self.guard.is_ready:
            return
        if self._asking:
            self.set_busy(True)
            self.overruled.emit()
        elif self._ended:
            self.done(self.DialogCode.Accepted)
            self.book_again.emit()
        elif self._merge is not None and self._sides is not None:
            kept = frozenset(name for name, mine in self._kept_mine.items() if mine)
            self.set_busy(True)
            self.decided.emit(resolve(self._merge, self._sides[1].appointment, kept))

    def set_busy(self, busy: bool) -> None:
        """Keep everything as it is while the answer is being written."""
        self._busy = busy
        self._show_state()

    def tell(self, text: str, *, ask: bool = False) -> None:
        """Say why the answer was not written; with `ask` it is a question, and Enter means yes."""
        self._busy, self._asking = False, ask
        self.problem.say(text, "warning" if ask else "danger")
        self.guard.begin()
        self._show_state()
        self.arrange()
        can_save = self._save.isEnabled() and self._save.isVisible()
        (self._save if can_save else self._leave).setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_it(self) -> None:
        if not self._busy and self.guard.is_ready:
            self.done(self.DialogCode.Rejected)
            self.left_as_is.emit()

    def reject(self) -> None:
        """Esc leaves what the database holds; while the answer is being written it does nothing."""
        if not self._busy:
            self.done(self.DialogCode.Rejected)
            self.left_as_is.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_0.value
        arrows = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 2, Qt.Key.Key_Up: -2}
        at = next((index for index, choice in enumerate(self.choices) if choice.hasFocus()), None)
        if 1 <= number <= len(self.choices):
            self.choose(number)
        elif event.key() in arrows and at is not None:
            to = at + arrows[Qt.Key(event.key())]
            if 0 <= to < len(self.choices):
                self.choices[to].setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() in _ENTER and not self.choices:
            self._leave_it() if self._ended else self._go_on()
        else:
            super().keyPressEvent(event)
