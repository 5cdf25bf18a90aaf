"""Fields for a new password: typed twice, judged while one types; the rules stand beside it in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.domain.passwords import SHORTEST, Weakness
from clinic_desk.services.passwords import weakness_of
from clinic_desk.ui.booking.fields import field_label, plain_label, restyle
from clinic_desk.ui.door.password_field import PasswordField

translate = QCoreApplication.translate


def rules_text() -> str:
    """Return what a password has to be."""
    return translate(
        "door",
        "At least {count} characters: a few words that belong together for you alone are good, and easy to type. "
        "Not one that many people have, and not your name. It need never be changed.",
    ).format(count=SHORTEST)


def weakness_text(why: Weakness) -> str:
    """Return why a password will not do."""
    return {
        Weakness.TOO_SHORT: translate("door", "Too short: at least {count} characters.").format(count=SHORTEST),
        Weakness.TOO_LONG: translate("door", "Too long."),
        Weakness.UNUSABLE: translate("door", "It has characters that cannot be typed everywhere."),
        Weakness.COMMON: translate("door", "Many people have this one, or one like it: it would be tried first."),
        Weakness.TOO_SIMPLE: translate("door", "Too simple: one piece again and again, or a run."),
        Weakness.OWN_NAME: translate("door", "It is little more than your name or the clinic's."),
    }[why]


class NewPassword(QWidget):
    """`password` once it is good and was typed the same twice."""

    changed = Signal()
    entered = Signal()
    """Enter was pressed in the last field."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._login = ""
        self._others: tuple[str, ...] = ()
        self.first = PasswordField(f"{name}_new")
        self.second = PasswordField(f"{name}_again")
        self.judged = plain_label("", "muted", wrap=True)
        self.judged.setObjectName(f"{name}_judged")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        texts = (translate("door", "&New password"), translate("door", "The same &again"))
        for text, field in zip(texts, (self.first, self.second), strict=True):
            label = field_label(text, field)
            field.line.setAccessibleName(text.replace("&", ""))
            column.addWidget(label)
            column.addWidget(field)
            field.line.textChanged.connect(self._judge)
        column.addWidget(self.judged)
        self.first.entered.connect(self.second.line.setFocus)
        self.second.entered.connect(self.entered)
        self._judge()

    def begin(self, login: str, *others: str) -> None:
        """Judge by this login and these names from now on, and ask anew."""
        for field in (self.first, self.second):
            field.line.clear()
            field.hide_text()
        self.judge_by(login, *others)

    def judge_by(self, login: str, *others: str) -> None:
        """Judge what is typed by this login and these names from now on."""
        self._login, self._others = login, others
        self._judge()

    @property
    def password(self) -> str:
        """Return the new password; "" while it will not do, or was not typed the same twice."""
        text = self.first.line.text()
        return text if text and not self.why_not() else ""

    def why_not(self) -> str:
        """Return what is wrong with it; "" if it will do."""
        text = self.first.line.text()
        why = weakness_of(text, login=self._login, others=self._others)
        if why is not None:
            return weakness_text(why)
        if text != self.second.line.text():
            return translate("door", "Good. Type the same again below.")
        return ""

    def _judge(self) -> None:
        text = self.first.line.text()
        told = (self.why_not() or translate("door", "Good, and twice the same.")) if text else rules_text()
        self.judged.setText(told)
        restyle(self.judged, "role", "ok" if self.password else "muted")
        self.first.line.setAccessibleDescription(told)
        self.changed.emit()
