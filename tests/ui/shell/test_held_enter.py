"""Enter held down answers nothing, in any sheet: the press that opened it is still under way."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

import clinic_desk.ui
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.fields import button
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.leaving import LeavingSheet


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def press(*, held: bool, key: Qt.Key = Qt.Key.Key_Return) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    no = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyPress, key, no, "\r", held))


class Everything(Sheet):
    """Answers by Enter in each way there is: a button, a list, a line, and the sheet's own key."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.answers: list[str] = []
        self.parts = {
            "button": button("Yes", "yes", lambda: self.answers.append("button")),
            "list": QListWidget(),
            "line": QLineEdit(),
            "text": QPlainTextEdit(),
        }
        self.parts["list"].addItem("one")  # type: ignore[attr-defined]
        self.parts["list"].itemActivated.connect(lambda _item: self.answers.append("list"))  # type: ignore[attr-defined]
        for part in self.parts.values():
            self.body.addWidget(part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Return:
            self.answers.append("sheet")
        super().keyPressEvent(event)


@pytest.mark.parametrize("part", ["button", "list", "line", ""])
def test_whatever_has_the_keyboard_only_a_press_of_its_own_answers(window: QWidget, part: str) -> None:
    sheet = Everything(window)
    sheet.open()
    holder = sheet.parts[part] if part else sheet
    holder.setFocus()
    assert QApplication.focusWidget() is holder
    if part == "list":
        sheet.parts["list"].setCurrentRow(0)  # type: ignore[attr-defined]
    for _ in range(5):
        press(held=True)
    assert sheet.answers == []
    press(held=False)
    assert sheet.answers
    sheet.done(0)


def test_lines_are_written_as_long_as_enter_is_held(window: QWidget) -> None:
    sheet = Everything(window)
    sheet.open()
    text = sheet.parts["text"]
    assert isinstance(text, QPlainTextEdit)
    text.setFocus()
    press(held=False)
    press(held=True)
    assert text.toPlainText() == "\n\n"
    assert sheet.answers == []
    sheet.reject()


def asking(window: QWidget, answers: list[bool]) -> Sheet:
    sheet = AskSheet("Title", "Question?", "Yes", window)
    sheet.answered.connect(answers.append)
    return sheet


def leaving(window: QWidget, answers: list[bool]) -> Sheet:
    sheet = LeavingSheet(window)
    sheet.answered.connect(answers.append)
    return sheet


@pytest.mark.parametrize("made", [asking, leaving])
def test_a_question_whose_button_has_the_keyboard_is_not_answered_by_a_held_enter(
    window: QWidget, made: Callable[[QWidget, list[bool]], Sheet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Guard, "is_ready", True)  # as if it had been read
    answers: list[bool] = []
    sheet = made(window, answers)
    sheet.open()
    press(held=True)
    assert answers == []
    press(held=False)
    assert answers == [True]


def sheets() -> Iterator[type[Sheet]]:
    for module in pkgutil.walk_packages(clinic_desk.ui.__path__, "clinic_desk.ui."):
        importlib.import_module(module.name)
    found, wanted = [Sheet], list(Sheet.__subclasses__())
    while wanted:
        one = wanted.pop()
        found.append(one)
        wanted += one.__subclasses__()
    yield from (one for one in found if one.__module__.startswith("clinic_desk."))


def test_no_sheet_hears_its_keys_before_the_base_does() -> None:
    every = list(sheets())
    assert len(every) > 20
    for one in every:
        assert one.eventFilter is Sheet.eventFilter, one
        assert one._watch is Sheet._watch, one  # how the base comes before what has the keyboard
