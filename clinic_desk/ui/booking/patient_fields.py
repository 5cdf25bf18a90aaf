"""The fields of the new-patient page: their widgets, their order, the remark under each, and what was typed in them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from clinic_desk.domain.records import AdministrativeGender, Channel
from clinic_desk.notifications.texts import language_of
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, field_label
from clinic_desk.ui.booking.new_patient import TypedPatient
from clinic_desk.ui.booking.patient_choices import LANGUAGES, channels, genders

translate = QCoreApplication.translate


class PatientFields(QWidget):
    """Shows what is typed about one patient; checks nothing and sends nothing."""

    edited = Signal(str)
    """Name of the field in which something was typed; that of the family name for both names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.family_name = _line("family_name", 100)
        self.given_name = _line("given_name", 100)
        self.birth_date = _line("birth_date", 30)
        self.birth_date.setPlaceholderText(translate("patient", "14.3.1987"))
        self.phone = _line("phone", 40)
        self.email = _line("email", 254)
        self.gender = ChoiceBox("gender")
        self.gender.fill(genders(), AdministrativeGender.UNKNOWN)
        self.channel = ChoiceBox("channel")
        self.channel.fill(channels(), Channel.NONE)
        self.language = ChoiceBox("language")
        self.language.fill(((name, code) for code, name in LANGUAGES), _own_language())
        self.remarks = {
            name: Remark(field)
            for name, field in (
                ("family_name", self.family_name),
                ("birth_date", self.birth_date),
                ("phone", self.phone),
                ("email", self.email),
                ("channel", self.channel),
                ("language", self.language),
            )
        }
        self.grid = QGridLayout()
        self._lay_out()
        for name, line in (
            ("family_name", self.family_name),
            ("family_name", self.given_name),
            ("birth_date", self.birth_date),
            ("phone", self.phone),
            ("email", self.email),
        ):
            line.textEdited.connect(lambda _text, name=name: self.edited.emit(name))
        self.language.currentIndexChanged.connect(lambda _index: self.say_language())

    def _lay_out(self) -> None:
        grid = self.grid
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 88)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        rows = (
            (
                (translate("patient", "&Family name"), self.family_name),
                (translate("patient", "&Given"), self.given_name),
            ),
            ((translate("patient", "B&orn"), self.birth_date), (translate("patient", "Gen&der"), self.gender)),
            ((translate("patient", "&Phone"), self.phone), (translate("patient", "&E-mail"), self.email)),
            ((translate("patient", "&Tell by"), self.channel), (translate("patient", "&Language"), self.language)),
        )
        under = (("family_name", None), ("birth_date", None), ("phone", "email"), ("channel", "language"))
        for row, ((left, right), (left_remark, right_remark)) in enumerate(zip(rows, under, strict=True)):
            for column, (text, field) in ((0, left), (2, right)):
                grid.addWidget(field_label(text, field), 2 * row, column)
                grid.addWidget(field, 2 * row, column + 1)
            grid.addWidget(self.remarks[left_remark], 2 * row + 1, 1, 1, 1 if right_remark else 3)
            if right_remark:
                grid.addWidget(self.remarks[right_remark], 2 * row + 1, 3)

    def in_order(self) -> tuple[QLineEdit | ChoiceBox, ...]:
        """Return the fields as the keyboard goes through them."""
        names = (self.family_name, self.given_name, self.birth_date)
        return (*names, self.gender, self.phone, self.email, self.channel, self.language)

    def clear_with(self, begun: TypedPatient) -> None:
        """Begin anew, with what is known already, at the first field that is still to be filled."""
        self.family_name.setText(begun.family_name)
        self.given_name.setText(begun.given_name)
        self.birth_date.setText(begun.birth_date)
        self.phone.setText(begun.phone)
        self.email.clear()
        self.gender.choose(AdministrativeGender.UNKNOWN)
        self.channel.choose(Channel.SMS if begun.phone else Channel.NONE)
        self.language.choose(_own_language())
        for remark in self.remarks.values():
            remark.say("")
        self.say_language()
        first = self.given_name if begun.family_name and not begun.given_name else self.family_name
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        first.end(False)

    def typed(self) -> TypedPatient:
        """Return the fields as they stand."""
        return TypedPatient(
            family_name=self.family_name.text(),
            given_name=self.given_name.text(),
            birth_date=self.birth_date.text(),
            gender=self.gender.value,
            phone=self.phone.text(),
            email=self.email.text(),
            channel=self.channel.value,
            language=self.language.value,
        )

    def say_language(self) -> None:
        """Say in which language messages are written if there are none in the one chosen."""
        wanted = self.language.value or ""
        written = language_of(wanted)
        told = translate("patient", "Messages in {language}").format(language=dict(LANGUAGES).get(written, written))
        self.remarks["language"].say("" if written == wanted else told, "muted")

    def say_doubtful_phone(self) -> None:
        """Say that the phone number may be wrong; it is not refused."""
        told = translate("patient", "Nobody is known to have such a number. Check it; Enter keeps it.")
        self.remarks["phone"].say(told, "warning")


def _own_language() -> str:
    """Return the language of this desk if patients can be written to in it, else English."""
    own = QLocale().name()[:2]
    return own if own in dict(LANGUAGES) else "en"


def _line(name: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setMaxLength(longest)
    return line
