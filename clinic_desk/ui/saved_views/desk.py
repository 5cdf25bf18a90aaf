"""Keeps a person's saved views as they are in the database, offers them in the menu and by keys, and opens them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.saved_views import SavedView, ViewsChanged
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import saved_views
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.saved_views.applying import arrangement, missing, show
from clinic_desk.ui.saved_views.sheet import SavedViewsSheet
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
KEYS: Final = 9
"""So many views have a key: Alt+1 to Alt+9, in their order."""
Views = tuple[SavedView, ...]


class SavedViewsDesk(QObject):
    """Made when the calendar is on screen. `views`: hers, in their order."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._database, self._tasks, self._store = space.desk.database, space.desk.tasks, space.store
        self.views: Views = ()
        self.sheet: SavedViewsSheet | None = None
        for number in range(KEYS):
            space.window.actions_by_name[f"view_{number + 1}"].triggered.connect(partial(self._open_number, number))
        self._store.tables_changed.connect(lambda tables: self.read() if "saved_view" in tables else None)
        self._store.connection_changed.connect(lambda now: self.read() if now is Connection.LIVE else None)
        self._renew()
        self.read()

    # --- what there is ---

    def read(self) -> None:
        """Read the views anew: they may have been changed at another desk."""
        database = self._database
        self._tasks.query(
            self,
            lambda: saved_views.read(database),
            self._put,
            lambda _error: None,  # they are read again when the connection is back
            key="saved views",
            priority=Priority.IDLE,
        )

    def _put(self, views: Views) -> None:
        self.views = views
        self._renew()
        if self.sheet is not None:
            self.sheet.show_views(views)

    def _renew(self) -> None:
        """Have the actions bear the names of the views; a key without a view does nothing."""
        actions = self._space.window.actions_by_name
        for number in range(KEYS):
            is_there = number < len(self.views)
            name = self.views[number].name.replace("&", "&&") if is_there else ""
            actions.rename(f"view_{number + 1}", name, shown=is_there)

    # --- opening ---

    def _open_number(self, number: int, _checked: bool = False) -> None:
        if number < len(self.views):
            self.open(self.views[number])

    def open(self, view: SavedView) -> None:
        """Show a view on the day that is looked at; say which of the doctors it names are gone."""
        show(self._space, view.arrangement)
        gone = missing(view.arrangement, self._store.clinic)
        if gone:
            told = translate("saved_views", "“{view}” names who is not here any more: {names}.")
            self._space.window.toasts.show_text(told.format(view=view.name, names=", ".join(gone)), level="warning")

    # --- managing ---

    def open_sheet(self) -> None:
        """Show the views, to be opened, saved, renamed, removed and put in order."""
        if self.sheet is not None:
            return
        actions = self._space.window.actions_by_name
        sheet = self.sheet = SavedViewsSheet(
            self._space.window,
            lambda: arrangement(self._space),
            [actions.keys(f"view_{one + 1}") for one in range(KEYS)],
        )
        sheet.open_wanted.connect(self._leave_to)
        sheet.save_wanted.connect(self._save)
        sheet.remove_wanted.connect(self._remove)
        sheet.order_wanted.connect(self._order)
        sheet.finished.connect(self._closed)
        sheet.show_views(self.views)
        sheet.open()
        self.read()

    def _closed(self) -> None:
        self.sheet = None

    def _leave_to(self, view: SavedView) -> None:
        if self.sheet is not None:
            self.sheet.accept()
        self.open(view)

    def _save(self, view: SavedView) -> None:
        database = self._database
        self._do(lambda: saved_views.save(database, view), view.id)

    def _remove(self, view: SavedView) -> None:
        database = self._database
        self._do(lambda: saved_views.remove(database, view), None)

    def _order(self, ids: list[UUID]) -> None:
        database = self._database
        self._do(lambda: saved_views.put_in_order(database, ids), None)

    def _do(self, work: Callable[[], Views], chosen: UUID | None) -> None:
        def done(views: Views) -> None:
            self._put(views)
            if self.sheet is not None:
                self.sheet.done_with(chosen)

        self._tasks.command(self, work, done, self._failed)

    def _failed(self, error: ClinicDeskError) -> None:
        self.read()
        if isinstance(error, ViewsChanged):
            text = translate("saved_views", "There is a view of this name, or it was changed at another desk just now.")
        else:
            text = sentence(error, self._store.clinic, "UTC")
        if self.sheet is not None:
            self.sheet.say(text)
        else:
            self._space.window.toasts.show_text(text, level="danger")
