"""A one-time code over the set-up: shown once, to be copied, printed as a slip, or read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, one_line, time_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.domain.people import OneTimeCode
    from clinic_desk.ui.paper.document import Document

translate = QCoreApplication.translate


class CodeSheet(Sheet):
    """Holds the code as long as it is open; nothing else does."""

    def __init__(self, parent: QWidget, code: OneTimeCode, zone: str) -> None:
        super().__init__(parent, width=560)
        self.setObjectName("code_sheet")
        self._code, self._zone = code, zone
        title = translate("people", "A code for {name}").format(name=one_line(code.display_name))
        self.setAccessibleName(title)
        about = translate(
            "people",
            "She signs in as “{login}” with this code in the place of a password, and chooses her own. It is shown only"
            " here, works once, and ends on {until}.",
        ).format(login=code.login, until=self._until())
        self.setAccessibleDescription(about)
        self.code = QLineEdit(code.code)
        self.code.setObjectName("one_time_code")
        self.code.setAccessibleName(translate("people", "Code"))
        self.code.setReadOnly(True)
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = self.code.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        font.setBold(True)
        self.code.setFont(font)
        self.copy = button(translate("people", "&Copy"), "code_copy", self._copy)
        self.print = button(translate("people", "&Print a slip…"), "code_print", self._print)
        self.close_button = button(translate("people", "&Done"), "code_done", self.accept, "primary")
        self.told = plain_label("", "muted")
        self.told.setObjectName("code_told")
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(plain_label(about, wrap=True))
        self.body.addWidget(self.code)
        buttons = QHBoxLayout()
        buttons.addWidget(self.told, 1)
        for each in (self.copy, self.print, self.close_button):
            buttons.addWidget(each)
        self.body.addLayout(buttons)

    def first_focus(self) -> QWidget | None:
        self.code.selectAll()
        return self.code

    def main_act(self) -> Callable[[], object]:
        return self.accept

    def _until(self) -> str:
        wall = to_wall(self._code.until, self._zone)
        return f"{day_text(wall.date())}, {time_text(wall)}"

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._code.code)
        self.told.setText(translate("people", "✓ Copied."))

    def _print(self) -> None:
        """What Qt needs for a printer is loaded only now."""
        from PySide6.QtWidgets import QDialog

        from clinic_desk.ui.paper.painter import page_layout, paper_of_locale
        from clinic_desk.ui.paper.preview import Preview

        document = slip(self._code, self._until())
        QDialog.open(Preview(document, page_layout(document, paper_of_locale()), self.window()))


def slip(code: OneTimeCode, until: str) -> Document:
    """Return a code as a document for paper."""
    from clinic_desk.ui.paper.day_pages import one_line as on_paper
    from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

    title = translate("people", "Your first sign-in")
    rows = (
        (translate("people", "Sign in as"), code.login),
        (translate("people", "Code"), code.code),
        (translate("people", "Good until"), until),
    )
    sheet = Sheet(
        title=title,
        below=on_paper(code.display_name),
        columns=(Column("", 40, 0), Column("", 60, 1)),
        rows=(
            *(Row(((Text(name),), (Text(on_paper(value), Style.STRONG),))) for name, value in rows),
            Row(
                (
                    (Text(""),),
                    (Text(translate("people", "It works once. You choose a password, and nobody else knows it.")),),
                )
            ),
        ),
    )
    return Document(name=title, sheets=(sheet,), page_words="{page} / {pages}", larger=1.3)
