"""Asks what this PC is to work with where nothing is set up, or the server is gone for good: pages in the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from clinic_desk.errors import ClinicDeskError, NothingHere, Stopped
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.first_run.choice import ChoicePage, choices, choices_elsewhere
from clinic_desk.ui.first_run.join import JoinPage
from clinic_desk.ui.first_run.one_pc import NewClinicPage, one_pc_page, share_page
from clinic_desk.ui.first_run.restore import RestorePage
from clinic_desk.ui.first_run.server import ServerPage
from clinic_desk.ui.first_run.ways import Begin, Ways
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.opening_words import stage_text

AskPage = NewClinicPage | JoinPage | ServerPage | RestorePage
"""What asks something: `wanted` carries what was typed to the way of its name."""


class FirstRun(QObject):
    """From the first `answer` to `close`. The pages are kept meanwhile: what is typed stays, also on the way back."""

    begin_wanted = Signal(object)
    """A `Begin`: carry it out off the GUI thread; `answer` or `close` follows."""
    left = Signal()
    """This PC is to go on with what it worked with: told only where it is asked `anew`."""

    def __init__(self, window: MainWindow, ways: Ways, parent: QObject | None = None, *, anew: bool = False) -> None:
        super().__init__(parent)
        self._window = window
        self._ways = ways
        self._stop = Event()
        self.pages = QStackedWidget()
        self.pages.setObjectName("first_run")
        self.choice = ChoicePage(choices_elsewhere() if anew else choices(), anew=anew)
        self.choice.chosen.connect(self._chosen)
        self._add(self.choice)
        self._made: dict[str, AskPage] = {}
        window.close_requested.connect(self.stop)
        window.cover_with("")
        self.pages.setAccessibleName(self.choice.accessibleName())
        window.cover.show_page(self.pages)
        self.choice.take_keyboard()

    def page_of(self, name: str) -> AskPage | None:
        """The page of a way, if it was wanted once."""
        return self._made.get(name)

    @property
    def page(self) -> Card:
        """The page that is shown."""
        shown = self.pages.currentWidget()
        assert isinstance(shown, Card)
        return shown

    def answer(self, error: ClinicDeskError) -> None:
        """It was not begun, or nobody was asked yet."""
        if isinstance(error, NothingHere):
            return
        page = self.page
        if isinstance(page, AskPage):
            page.answer(error)
        else:
            page.show_busy(on=False)
            page.refuse(error)
            self.choice.take_keyboard()

    def show_step(self, stage: str) -> None:
        """Say what is being done; `stage` as `opening` tells it."""
        self.page.show_step(stage_text(stage))

    def stop(self) -> None:
        """Go no further than the step that is being done."""
        self._stop.set()

    def close(self) -> None:
        """There is a clinic: keep nothing of what was typed."""
        for page in self._made.values():
            page.forget()
        self._window.cover.drop_page()

    # --- pages ---

    def _add(self, page: Card) -> None:
        page.stop.connect(self.stop)
        page.back.connect(self._show_choice)
        self.pages.addWidget(page)

    def _show_choice(self) -> None:
        if self.page is self.choice:
            self.left.emit()
            return
        before = f"first_{self.page.objectName()}"
        self.pages.setCurrentWidget(self.choice)
        came_from = [row for row in self.choice.rows if row.objectName() == before]
        next(iter([*came_from, *self.choice.rows])).setFocus()

    def _chosen(self, name: str) -> None:
        self.choice.say("")
        if name == "demo":
            self.choice.show_busy(on=True, step=stage_text("importing"))
            self._begin(self._ways.demo)
        else:
            page = self._made.get(name) or self._make(name)
            self.pages.setCurrentWidget(page)
            page.take_keyboard()

    def _make(self, name: str) -> AskPage:
        """Make a page when it is first wanted."""
        page = self._page(name)
        ways: dict[str, Callable[..., Begin]] = {
            "one_pc": self._ways.one_pc,
            "share": self._ways.share,
            "join": self._ways.join,
            "server": self._ways.connect,
            "restore": self._ways.restore,
        }
        way = ways[name]
        page.wanted.connect(lambda *typed: self._begin(way(*typed)))
        self._made[name] = page
        self._add(page)
        return page

    def _page(self, name: str) -> AskPage:
        if name == "one_pc":
            return one_pc_page(self._ways.folder)
        if name == "share":
            return share_page()
        others: dict[str, Callable[[], AskPage]] = {"join": JoinPage, "server": ServerPage, "restore": RestorePage}
        return others[name]()

    def _begin(self, begin: Begin) -> None:
        self._stop = Event()
        self.begin_wanted.emit(partial(_until_stopped, begin, self._stop))


def _until_stopped(begin: Begin, stop: Event, tell: Callable[[str], None]) -> Any:
    """On the lane's thread: begin, and look between the steps whether it is still wanted."""

    def told(stage: str) -> None:
        if stop.is_set():
            raise Stopped
        tell(stage)

    opened = begin(told)
    if stop.is_set():
        opened.close()
        raise Stopped
    return opened
