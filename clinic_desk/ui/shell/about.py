"""What this program is made of, for whoever is asked on the telephone: its version, its zone rules, its database."""

from __future__ import annotations

import platform

from PySide6.QtCore import QCoreApplication, Qt, qVersion
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget

from clinic_desk import __version__
from clinic_desk.domain.wall import tzdata_version
from clinic_desk.services.health import Health
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class AboutSheet(Sheet):
    """The database's part is shown when it was read; all of it can be selected, and copied at once."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=460)
        self.setObjectName("about_sheet")
        title = f"Clinic Desk {__version__}"
        self.setAccessibleName(title)
        self.program = _selectable(
            "\n".join((
                translate("about", "Zone rules: tzdata {version}").format(version=tzdata_version()),
                f"Python {platform.python_version()} · Qt {qVersion()}",
            ))
        )  # fmt: skip
        self.database = _selectable(translate("about", "Database: being asked…"))
        self.setAccessibleDescription(self.program.text())
        self.copy = button(translate("about", "&Copy"), "about_copy", self._copy)
        self.close_button = button(translate("about", "Close ⏎"), "about_close", self.accept, "primary")
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.copy)
        below.addWidget(self.close_button)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(self.program)
        self.body.addWidget(self.database)
        self.body.addLayout(below)

    def show_database(self, found: Health | None) -> None:
        """Show what the database says of itself; None: it cannot be reached."""
        if found is None:
            self.database.setText(translate("about", "Database: cannot be reached just now"))
        else:
            told = translate("about", "Database: PostgreSQL {version}, schema {schema}")
            self.database.setText(told.format(version=found.server_version, schema=found.schema_revision))

    def first_focus(self) -> QWidget | None:
        return self.close_button

    def _copy(self) -> None:
        lines = (self.accessibleName(), self.program.text(), self.database.text())
        QApplication.clipboard().setText("\n".join(lines))


def _selectable(text: str) -> QLabel:
    made = plain_label(text)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
