"""The export over the window: what, into which file, and that it is there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from clinic_desk.domain.exchange import Kind
from clinic_desk.services.exporting.lists import Listing, Target
from clinic_desk.services.exporting.run import ExportPlan
from clinic_desk.ui.booking.fields import (
    ChoiceBox,
    TickBox,
    button,
    field_label,
    let_wrap,
    plain_label,
    restyle,
    set_button_text,
)
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.exchange.words import kind_name

translate = QCoreApplication.translate


class ExportSheet(Sheet):
    """Asks; writes nothing itself."""

    export_wanted = Signal(object)
    """The `ExportPlan`; of a list on screen its `Target`."""
    stop_wanted = Signal()

    def __init__(self, parent: QWidget, listing: Listing | None = None) -> None:
        """`listing`: a list as it is on screen, and nothing else, is exported."""
        super().__init__(parent, width=680)
        self._listing = listing
        self.setObjectName("export_sheet")
        self.setAccessibleName(translate("exchange", "Export"))
        self.kind, self.format = ChoiceBox("export_kind"), ChoiceBox("export_format")
        if listing is None:
            self.kind.fill([(kind_name(kind), kind) for kind in Kind], Kind.PATIENTS)
        else:
            rows = translate("exchange", "{title} ({count} rows, as on screen)")
            if len(listing.rows) == 1:
                rows = translate("exchange", "{title} (1 row, as on screen)")
            self.kind.fill([(rows.format(title=listing.title, count=len(listing.rows)), listing)], listing)
        self.kind.currentIndexChanged.connect(self._offer_formats)
        self.path = QLineEdit()
        self.path.setObjectName("export_path")
        self.path.setMaxLength(4000)
        self.overwrite = TickBox()
        self.overwrite.setText(translate("exchange", "&Replace a file that is there"))
        self.browse = button(translate("exchange", "Choose…"), "export_browse", self._browse)
        self.told = plain_label("", "muted")
        self.told.setObjectName("export_told")
        let_wrap(self.told)
        self.close_button = button(translate("exchange", "&Close"), "export_close", self.reject)
        self.next = button(translate("exchange", "&Export"), "export_go", self._go, "primary")
        self._busy = False
        self._typed_in: QWidget | None = None
        self._lay_out()
        self._offer_formats()

    def _lay_out(self) -> None:
        about = plain_label(
            translate(
                "exchange",
                "The file holds patient data: only your account on this PC may read it. It is noted who exported what.",
            ),
            "muted",
        )
        let_wrap(about)
        grid = QGridLayout()
        grid.setVerticalSpacing(10)
        for row, (label, field) in enumerate(
            (
                (field_label(translate("exchange", "&What"), self.kind), self.kind),
                (field_label(translate("exchange", "&As"), self.format), self.format),
                (field_label(translate("exchange", "&File"), self.path), self.path),
            )
        ):
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self.browse, 2, 2)
        grid.addWidget(self.overwrite, 3, 1)
        grid.setColumnStretch(1, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addStretch(1)
        below.addWidget(self.close_button)
        below.addWidget(self.next)
        self.body.addWidget(plain_label(translate("exchange", "Export"), "title"))
        self.body.addWidget(about)
        self.body.addLayout(grid)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    def _offer_formats(self) -> None:
        rows = [
            (translate("exchange", "CSV, parted by commas"), ("csv", ",")),
            (translate("exchange", "CSV, parted by semicolons"), ("csv", ";")),
        ]
        if self.kind.value is Kind.APPOINTMENTS:
            rows.append((translate("exchange", "iCalendar"), ("ics", ",")))
        chosen = self.format.value
        self.format.fill(rows, chosen if chosen in [value for _, value in rows] else rows[0][1])

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), translate("exchange", "Export"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix(self.format.value[0])
        dialog.fileSelected.connect(lambda chosen: self.path.setText(str(Path(chosen))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _go(self) -> None:
        text = self.path.text().strip()
        if not text:
            self.say(translate("exchange", "Say where the file goes."))
            self.path.setFocus()
            return
        form, delimiter = self.format.value
        path = Path(text).expanduser()
        overwrite = self.overwrite.isChecked()
        if self._listing is not None:
            self.export_wanted.emit(Target(path, delimiter, overwrite))
        else:
            self.export_wanted.emit(ExportPlan(self.kind.value, path, form, delimiter, overwrite=overwrite))

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is and offer to stop; or let go on."""
        self._busy = busy
        if busy:
            self._typed_in = QApplication.focusWidget()
            self.close_button.setFocus()
            self.say(translate("exchange", "Exporting…"), "muted")
        for each in (self.kind, self.format, self.path, self.browse, self.overwrite, self.next):
            each.setEnabled(not busy)
        self.close_button.setEnabled(True)
        set_button_text(self.close_button, translate("exchange", "&Stop") if busy else translate("exchange", "&Close"))
        if not busy and self._typed_in is not None:
            self._typed_in.setFocus()

    def show_progress(self, count: int) -> None:
        """Show how far it is."""
        if self._busy and self.close_button.isEnabled():
            self.say(translate("exchange", "{rows} rows written…").format(rows=f"{count:n}"), "muted")

    def show_count(self, count: int) -> None:
        """Say that the file is there."""
        one, many = translate("exchange", "✓ 1 row written."), translate("exchange", "✓ {count} rows written.")
        self.say(one if count == 1 else many.format(count=f"{count:n}"), "ok")
        self.close_button.setFocus()

    def say(self, text: str, role: str = "danger") -> None:
        """Say what came of it."""
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

    def first_focus(self) -> QWidget | None:
        return self.path if self._listing is not None else self.kind

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, else goes on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            target = focused if isinstance(focused, QPushButton) else self.next
            if target.isEnabled():
                target.click()
            event.accept()
            return
        super().keyPressEvent(event)
