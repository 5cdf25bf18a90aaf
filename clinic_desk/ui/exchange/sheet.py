"""The import over the window, step by step: the file, its columns, what would come of it, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QWidget

from clinic_desk.services.importing.plan import ImportPlan, ImportReport, Progress
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.exchange.columns_page import ColumnsPage
from clinic_desk.ui.exchange.file_page import FilePage
from clinic_desk.ui.exchange.result_page import ResultPage

translate = QCoreApplication.translate
_WIDTH, _PAGE_HEIGHT = 860, 430
_FILE, _COLUMNS, _RESULT = range(3)


class ImportSheet(Sheet):
    """Shows and asks; reads and stores nothing itself."""

    file_wanted = Signal()
    check_wanted = Signal()
    import_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setObjectName("import_sheet")
        self.setAccessibleName(translate("exchange", "Import"))
        self.file, self.columns, self.outcome = FilePage(), ColumnsPage(), ResultPage()
        self.pages = QStackedWidget()
        self.pages.setFixedHeight(_PAGE_HEIGHT)
        for page in (self.file, self.columns, self.outcome):
            self.pages.addWidget(page)
        self.told = plain_label("", "muted")
        self.told.setObjectName("import_told")
        let_wrap(self.told)
        self.bar = QProgressBar()
        self.bar.setObjectName("import_progress")
        self.bar.setAccessibleName(translate("exchange", "Progress"))
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self.back = button(translate("exchange", "&Back"), "import_back", self._go_back)
        self.close_button = button(translate("exchange", "&Close"), "import_close", self.reject)
        self.next = button(translate("exchange", "&Next"), "import_next", self._go_on, "primary")
        self._busy = False
        self._typed_in: QWidget | None = None
        self._lay_out()
        self._turn_to(_FILE)

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addStretch(1)
        for each in (self.close_button, self.back, self.next):
            below.addWidget(each)
        self.title = plain_label(translate("exchange", "Import"), "title")
        self.body.addWidget(self.title)
        self.body.addWidget(self.pages)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    # --- steps ---

    def show_plan(self, plan: ImportPlan) -> None:
        """Show what the file's headings suggest; the user goes on from there."""
        self.columns.show_plan(plan)
        self._turn_to(_COLUMNS)
        self.columns.first.setFocus()

    def show_report(self, report: ImportReport) -> None:
        """Show what would come, or came, of it."""
        self.outcome.show_report(report)
        self._turn_to(_RESULT)
        self.next.setVisible(not report.stored and not report.problem_count)
        count = report.new + report.changed
        set_button_text(self.next, translate("exchange", "&Import {count}").format(count=count))
        self.next.setEnabled(count > 0)
        self.back.setVisible(not report.stored)
        (self.next if self.next.isVisible() and self.next.isEnabled() else self.close_button).setFocus()

    def _turn_to(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.back.setVisible(page != _FILE)
        self.next.setVisible(True)
        self.next.setEnabled(True)
        names = (translate("exchange", "&Next"), translate("exchange", "Chec&k"), "")
        if names[page]:
            set_button_text(self.next, names[page])
        self.say("")

    def _go_on(self) -> None:
        wanted = (self.file_wanted, self.check_wanted, self.import_wanted)[self.pages.currentIndex()]
        wanted.emit()

    def _go_back(self) -> None:
        if self._busy:
            return
        page = self.pages.currentIndex() - 1
        # A file that was corrected meanwhile is looked at anew.
        self._turn_to(_FILE if self.pages.currentIndex() == _RESULT and self.outcome.has_problems else page)
        (self.file.path if self.pages.currentIndex() == _FILE else self.columns.first).setFocus()

    # --- while it runs ---

    def set_busy(self, *, busy: bool, text: str = "") -> None:
        """Keep everything as it is and offer to stop; or let go on."""
        self._busy = busy
        self.bar.setVisible(busy)
        self.bar.setValue(0)
        if busy:
            self._typed_in = QApplication.focusWidget()
            self.close_button.setFocus()
        self.pages.setEnabled(not busy)
        self.next.setEnabled(not busy)
        self.back.setEnabled(not busy)
        self.close_button.setEnabled(True)
        set_button_text(self.close_button, translate("exchange", "&Stop") if busy else translate("exchange", "&Close"))
        if busy:
            self.say(text, "muted")
        elif self._typed_in is not None:
            self._typed_in.setFocus()

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._busy and self.close_button.isEnabled():
            self.bar.setValue(round(1000 * progress.position / max(progress.size, 1)))
            self.say(translate("exchange", "{rows} rows read…").format(rows=f"{progress.rows:n}"), "muted")

    def say(self, text: str, role: str = "danger") -> None:
        """Say why something was not done."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def reject(self) -> None:
        """Esc and the button close; while something runs they stop it."""
        if self._busy:
            self.close_button.setEnabled(False)
            self.say(translate("exchange", "Stopping…"), "muted")
            self.stop_wanted.emit()
        else:
            super().reject()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab scrolls to where it leads."""
        moved = super().focusNextPrevChild(forward)
        self.columns.scroll_to(QApplication.focusWidget())
        return moved

    def first_focus(self) -> QWidget | None:
        return self.file.path

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, else goes on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            target = focused if isinstance(focused, QPushButton) else self.next
            if target.isVisible() and target.isEnabled():
                target.click()
            event.accept()
            return
        super().keyPressEvent(event)
