"""Calendar views for tests: shown, at work, with what their signals said written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from clinic_desk.domain.records import DayBoard
from clinic_desk.ui.calendar.view import CalendarView
from tests.ui.calendar import sample

Shown = Callable[..., "Said"]


class Said:
    """A view, the board it shows and what its signals carried, in order."""

    def __init__(self, view: CalendarView, board: DayBoard) -> None:
        self.view, self.board = view, board
        self.heard: list[tuple[str, Any]] = []
        for name in ("book_requested", "open_requested", "move_requested", "entry_selected", "place_changed"):
            getattr(view, name).connect(lambda what, name=name: self.heard.append((name, what)))
        view.context_requested.connect(lambda what, _at: self.heard.append(("context_requested", what)))
        view.dropped_outside.connect(lambda what, _at: self.heard.append(("dropped_outside", what)))

    def of(self, name: str) -> list[Any]:
        """Return what one signal carried."""
        return [what for one, what in self.heard if one == name]


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    """Return a function that shows a board (the target picture's by default) in a view of 1100 x 700."""

    def show(board: DayBoard | None = None, *, doctors: int = 5, size: tuple[int, int] = (1100, 700)) -> Said:
        view, clinic = CalendarView(), sample.clinic(doctors)
        qtbot.addWidget(view)
        board = board if board is not None else sample.picture_board()
        said = Said(view, board)
        view.resize(*size)
        view.show_columns(sample.columns(clinic, board.day), {board.day: board}, clinic, sample.instant(577, board.day))
        with qtbot.waitExposed(view):
            view.show()
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        said.heard.clear()
        return said

    return show
