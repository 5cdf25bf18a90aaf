"""A desk whose clinic is newer than its program: it says so for good, reads on, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from clinic_desk.services import versions
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from clinic_desk.errors import SchemaMismatch
    from clinic_desk.ui.workspace import Workspace


class OtherVersion(QObject):
    """Notices it from the start, or when the clinic is upgraded meanwhile: by the announcement, by the first look after
    the connection was lost, and by a write that the database refused.
    """

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._is_told = False
        space.store.tables_changed.connect(self._changed)
        space.store.connection_changed.connect(lambda _: self._look())
        space.pulse.desks_read.connect(lambda _: self._renew())
        self._renew()

    def _changed(self, tables: frozenset[str]) -> None:
        if versions.TABLE in tables:
            self._look()

    def _look(self) -> None:
        if self._is_told:
            return
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self,
            lambda: versions.look(database),
            lambda _: self._renew(),
            lambda _: None,
            key="version",
            priority=Priority.IDLE,
        )

    def _renew(self) -> None:
        mismatch = self._space.desk.database.other_version
        if mismatch is not None and not self._is_told:
            self._is_told = True
            self._only_read(mismatch)

    def _only_read(self, mismatch: SchemaMismatch) -> None:
        from clinic_desk.ui.opening_words import only_reading_text, update_text

        space = self._space
        space.opening = replace(space.opening, person=space.opening.person.only_reading())
        text = space.own.why_not = only_reading_text()
        space.own.reads_only = True
        space.window.actions_by_name.say_why_not(text)
        space.window.banner.stand(text)
        if not mismatch.is_readable:
            space.live.stop(0)
            space.window.cover_with(update_text(mismatch))
            space.window.cover.say(update_text(mismatch), is_working=False)
        space.commands.renew_state()
