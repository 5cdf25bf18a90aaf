"""The set-up over the window: a page for each area, and what the clinic still lacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label
from clinic_desk.ui.pages_sheet import PagesSheet
from clinic_desk.ui.setup.area import Area
from clinic_desk.ui.setup.drafts import AllDrafts, Step
from clinic_desk.ui.setup.section import ListSection
from clinic_desk.ui.setup.words import invalid_text

translate = QCoreApplication.translate
_SIZE = (1320, 840)
_LIST_WIDTH = 176


class SetupPage(PagesSheet):
    """Shows the areas and keeps what is typed in them; saves nothing itself."""

    removal_wanted = Signal(object, object)
    """The area's section, and the record as it was read."""
    extra_wanted = Signal(str)
    """Something else of an area is wanted (see `Area.extra_text`): its name."""
    undo_wanted = Signal()
    """What was done last is to be taken back."""

    def __init__(self, parent: QWidget, areas: Sequence[Area], *, may_write: bool) -> None:
        super().__init__(parent, "setup", translate("setup", "Set up the clinic"), _SIZE, may_write=may_write)
        self.setObjectName("setup_page")
        self.known = tuple(areas)
        self.drafts = AllDrafts(self.known)
        self._setup: Setup | None = None
        self.lacking = plain_label("", "muted")
        self.lacking.setObjectName("setup_lacking")
        let_wrap(self.lacking)
        self.body.insertWidget(2, self.lacking)
        self.areas.setFixedWidth(_LIST_WIDTH)
        for area in self.known:
            self.add_page(area.title, partial(self._make, area))
        self.areas.setCurrentRow(0)
        self.add_key(QKeySequence(QKeySequence.StandardKey.New), self._add)
        self.undo = button(translate("setup", "↶ Undo (Ctrl+Z)"), "setup_undo", self.undo_wanted.emit, "link")
        self.undo.hide()
        self.below.insertWidget(1, self.undo)
        self.show_state()
        self.say(translate("setup", "Reading the clinic's set-up…"), "muted")

    def _make(self, area: Area) -> ListSection:
        made = ListSection(area, self.drafts.of(area))
        made.set_writable(writable=self._may_write)
        made.edited.connect(self._edited)
        made.removal_wanted.connect(partial(self.removal_wanted.emit, made))
        made.extra_wanted.connect(partial(self.extra_wanted.emit, area.name))
        if self._setup is not None:
            made.show_setup(self._setup)
        return made

    def section(self, area: Area) -> ListSection:
        """Return the section of an area, made now if it was not shown yet."""
        section = self.page(self.known.index(area))
        assert isinstance(section, ListSection)
        return section

    @property
    def current(self) -> ListSection:
        """The section on screen."""
        return self.section(self.known[self.areas.currentRow()])

    def _add(self) -> None:
        self.current.add()

    def enter_page(self) -> None:
        """Give an area the keyboard: its list, or its form where there is none."""
        self.current.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Z takes back what was saved last, where no field takes back what was typed in it."""
        if event.matches(QKeySequence.StandardKey.Undo) and self.undo.isVisible():
            self.undo.click()
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- showing ---

    def show_setup(self, setup: Setup) -> None:
        """Show the records as they stand, and over them what is typed here."""
        self._setup = setup
        self.drafts.settle(setup)
        self.pages.setEnabled(not self._busy)
        for row, area in enumerate(self.known):
            if self.is_made(row):
                self.section(area).show_setup(setup)
        self.lacking.setText(lacking_text(setup))
        self.lacking.setVisible(bool(self.lacking.text()))
        self.show_state()

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved."""
        return self.drafts.is_changed

    def _edited(self) -> None:
        """What was said is about how things were."""
        self.say(translate("setup", "Not saved yet.") if self.is_changed else "", "warning")
        self.show_state()

    def show_state(self) -> None:
        """Mark the areas in which something is not saved."""
        super().show_state()
        self.save.setEnabled(self.is_changed and not self._busy)
        for row, area in enumerate(self.known):
            marked = self.drafts.of(area).is_changed
            self.areas.item(row).setText(
                translate("setup", "{name} ●").format(name=area.title) if marked else area.title
            )

    # --- saving ---

    def find_fault(self) -> bool:
        """Say what cannot be saved at its field, in its area; False if there is nothing."""
        fault = None if self._setup is None else self.drafts.fault(self._setup)
        if fault is None:
            return False
        self.say(translate("setup", "Not saved: something cannot be used, see above."))
        self._tell(fault.area, fault.key, fault.problem)
        return True

    def tell(self, step: Step, problem: InvalidInput) -> None:
        """Say what is wrong with a record at its field, which gets the keyboard."""
        self.say(translate("setup", "Not saved: {why}").format(why=invalid_text(problem)))
        self._tell(step.area, step.area.key(step.mine), problem)

    def _tell(self, area: Area, key: object, problem: InvalidInput) -> None:
        self.areas.setCurrentRow(self.known.index(area))  # first: only what is on screen can take the keyboard
        self.section(area).tell(key, problem)


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
