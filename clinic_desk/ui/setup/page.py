"""The set-up over the window: areas at the left, one of them beside, and below what is saved and what is not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QListWidget, QPushButton, QStackedWidget, QWidget

from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.card import SHADOW
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.messages.settings.rows import list_item, show_focus
from clinic_desk.ui.setup.area import Area
from clinic_desk.ui.setup.drafts import Step
from clinic_desk.ui.setup.section import ListSection
from clinic_desk.ui.setup.words import invalid_text

translate = QCoreApplication.translate
_SIZE = (1320, 840)


class SetupPage(Sheet):
    """Shows the areas and reads them; saves nothing itself. `may_write`: a manager; others only look."""

    save_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, parent: QWidget, areas: Sequence[Area], *, may_write: bool) -> None:
        super().__init__(parent, width=_SIZE[0])
        self.setObjectName("setup_page")
        self.setAccessibleName(translate("setup", "Set up the clinic"))
        self._may_write = may_write
        self._busy = False
        self.sections = [ListSection(area) for area in areas]
        self.areas = QListWidget()
        self.pages = QStackedWidget()
        self.told = plain_label("", "muted")
        self.told.setObjectName("setup_told")
        self.lacking = plain_label("", "muted")
        self.lacking.setObjectName("setup_lacking")
        self.close_button = button(translate("setup", "&Close"), "setup_close", self.leave_wanted.emit)
        self.save = button(translate("setup", "&Save"), "setup_save", self.save_wanted.emit, "primary")
        self._lay_out()
        self._wire()
        self.pages.setEnabled(False)
        self._show_state()
        self.say(translate("setup", "Reading the clinic's set-up…"), "muted")

    def _lay_out(self) -> None:
        self.areas.setObjectName("setup_areas")
        self.areas.setAccessibleName(translate("setup", "Areas"))
        self.areas.setFixedWidth(176)
        show_focus(self.areas)
        for section in self.sections:
            self.areas.addItem(list_item(section.area.title))
            section.setAccessibleName(section.area.title)
            self.pages.addWidget(section)
        self.areas.setCurrentRow(0)
        for label in (self.told, self.lacking):
            let_wrap(label)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.areas)
        middle.addWidget(self.pages, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.told, 1)
        below.addWidget(self.close_button)
        below.addWidget(self.save)
        who = plain_label(
            translate("setup", "You can look at everything here. Only a practice manager can change it."), "warning"
        )
        who.setObjectName("setup_who")
        who.setProperty("boxed", "true")
        if self._may_write:
            who.hide()
        self.who = who
        self.body.addWidget(plain_label(translate("setup", "Set up the clinic"), "title"))
        self.body.addWidget(who)
        self.body.addWidget(self.lacking)
        self.body.addLayout(middle, 1)
        self.body.addLayout(below)

    def _wire(self) -> None:
        self.areas.currentRowChanged.connect(self.pages.setCurrentIndex)
        for section in self.sections:
            section.edited.connect(self._edited)
            section.set_writable(writable=self._may_write)
        for row in range(min(9, self.areas.count())):
            keys = QShortcut(QKeySequence(f"Alt+{row + 1}"), self)
            keys.activated.connect(lambda row=row: self.turn_to(row))
            self.areas.item(row).setToolTip(keys.key().toString(QKeySequence.SequenceFormat.NativeText))

        QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self).activated.connect(self.save.click)
        QShortcut(QKeySequence(QKeySequence.StandardKey.New), self).activated.connect(self._add)

    def _add(self) -> None:
        self.sections[self.pages.currentIndex()].add()

    def turn_to(self, row: int) -> None:
        """Show an area, and give it the keyboard: its list, or its form where there is none."""
        self.areas.setCurrentRow(row)
        self.sections[row].begin()

    # --- showing ---

    def show_setup(self, setup: Setup) -> None:
        """Show the records as they stand, and over them what is typed here."""
        self.pages.setEnabled(True)
        for section in self.sections:
            section.show_setup(setup)
        self.lacking.setText(lacking_text(setup))
        self.lacking.setVisible(bool(self.lacking.text()))
        self._show_state()

    def say(self, text: str, role: str = "danger") -> None:
        """Say what became of saving."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is while it is saved; the keyboard comes back to where it was."""
        if busy == self._busy:
            return
        self._busy = busy
        focused = QApplication.focusWidget()
        if busy and focused is not None and self.pages.isAncestorOf(focused):
            self._came_back_to = focused
            self.areas.setFocus()
        self.pages.setEnabled(not busy)
        if not busy and self._came_back_to is not None and self.areas.hasFocus():
            self._came_back_to.setFocus()
            self._came_back_to = None
        self._show_state()

    _came_back_to: QWidget | None = None

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved."""
        return any(section.drafts.is_changed for section in self.sections)

    def _edited(self) -> None:
        """What was said is about how things were."""
        self.say(translate("setup", "Not saved yet.") if self.is_changed else "", "warning")
        self._show_state()

    def _show_state(self) -> None:
        """Mark the areas in which something is not saved."""
        self.save.setVisible(self._may_write)
        self.save.setEnabled(self.is_changed and not self._busy)
        self.close_button.setEnabled(not self._busy)
        for row, section in enumerate(self.sections):
            title = section.area.title
            marked = translate("setup", "{name} ●").format(name=title) if section.drafts.is_changed else title
            self.areas.item(row).setText(marked)

    # --- saving ---

    def steps(self) -> list[Step]:
        """Return what is to be written, area by area."""
        return [step for section in self.sections for step in section.steps()]

    def section(self, area: Area) -> ListSection:
        """Return the section of an area."""
        return next(section for section in self.sections if section.area is area)

    def find_fault(self) -> bool:
        """Say what cannot be saved at its field, in its area; False if there is nothing."""
        for row, section in enumerate(self.sections):
            if section.drafts.is_changed and section.find_fault():
                self.areas.setCurrentRow(row)
                section.find_fault()  # again: only what is on screen can take the keyboard
                self.say(translate("setup", "Not saved: something cannot be used, see above."))
                return True
        return False

    def tell(self, step: Step, problem: InvalidInput) -> None:
        """Say what is wrong with a record at its field, which gets the keyboard."""
        section = self.section(step.area)
        self.areas.setCurrentRow(self.sections.index(section))
        self.say(translate("setup", "Not saved: {why}").format(why=invalid_text(problem)))
        section.tell(step.area.key(step.mine), problem)

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.areas

    def reject(self) -> None:
        """Esc leaves, after a question if something is not saved."""
        if not self._busy:
            self.leave_wanted.emit()

    def arrange(self) -> None:
        """Take nearly all of the window, up to a size that still reads well."""
        room = self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        width, height = min(_SIZE[0], room.width()), min(_SIZE[1], room.height())
        top = room.top() + (room.height() - height) * 2 // 5
        self.card.setGeometry(QRect(room.center().x() - width // 2, top, width, height))
        self.update()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab scrolls to where it leads."""
        moved = super().focusNextPrevChild(forward)
        focused, section = QApplication.focusWidget(), self.sections[self.pages.currentIndex()]
        if focused is not None and section.form_view.isAncestorOf(focused):
            section.form_view.ensureWidgetVisible(focused)
        return moved

    def event(self, event: QEvent) -> bool:
        """Leave its own keys to its shortcuts: a box to choose from would take them for letters."""
        own = (QKeySequence.StandardKey.Save, QKeySequence.StandardKey.New)
        asks = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asks and any(event.matches(keys) for keys in own):  # type: ignore[attr-defined]
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, and no other."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QPushButton) and not event.isAutoRepeat():
                focused.click()
            elif focused is self.areas:
                self.turn_to(self.areas.currentRow())
            event.accept()
            return
        super().keyPressEvent(event)


def lacking_text(setup: Setup) -> str:
    """Return what a clinic lacks before anything can be booked; nothing if it lacks nothing."""
    clinic = setup.clinic
    lacking = [
        text
        for there, text in (
            (any(site.active for site in clinic.sites), translate("setup", "a site")),
            (any(person.active for person in clinic.practitioners), translate("setup", "a doctor")),
            (bool(clinic.working_hours), translate("setup", "the doctor's working hours")),
            (
                any(kind.active and kind.practitioner_ids for kind in clinic.types),
                translate("setup", "a kind of visit, with who does it"),
            ),
        )
        if not there
    ]
    if not lacking:
        return ""
    return translate("setup", "Before anything can be booked, the clinic still needs: {what}.").format(
        what=", ".join(lacking)
    )
