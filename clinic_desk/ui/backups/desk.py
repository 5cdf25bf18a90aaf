"""The way to backups from a desk's window: how they stand in the status bar, the window of backups, and restoring."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from clinic_desk.backups import passphrase, recording, sealed_file
from clinic_desk.backups.making import Stage
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.backups.readiness import trouble_here
from clinic_desk.backups.restoring import contents
from clinic_desk.backups.switching import Asker, Restored, restore_into, restore_over
from clinic_desk.domain.backups import BackupsNow, RunKind, Standing
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.backups.passphrase_sheet import PassphraseSheet
from clinic_desk.ui.backups.recovery_sheet import Recovery, RecoverySheet
from clinic_desk.ui.backups.restore_sheet import RestoreSheet, RestoreWish
from clinic_desk.ui.backups.sheet import BackupsSheet
from clinic_desk.ui.backups.words import (
    another_passphrase_text,
    contents_text,
    light_text,
    not_manager_then_text,
    saved_text,
    stage_text,
    trouble_text,
)
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.words import day_text
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.messages.settings.errands import Errand

if TYPE_CHECKING:
    from clinic_desk.backups.dumping import Source
    from clinic_desk.backups.manifest import Manifest
    from clinic_desk.database.engine import Database
    from clinic_desk.domain.backups import BackupSettings
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_TABLES: Final = frozenset({"backup_run", "backup_setting", "message_channel"})
_AGAIN_MS: Final = 15 * 60_000
"""A backup that is not made is announced by nobody: so often it is looked whether one is overdue."""


def backups_of(space: Workspace) -> BackupsDesk:
    """Return what watches over backups in a desk's window, made when the calendar is there."""
    made = space.findChild(BackupsDesk)
    return made if isinstance(made, BackupsDesk) else BackupsDesk(space)


class BackupsDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.job = Job(self)
        self._errand = Errand(self)
        self.sheet: BackupsSheet | None = None
        self.restoring: RestoreSheet | None = None
        self._now: BackupsNow | None = None
        self._found: Manifest | None = None
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self.look)
        self._again.start()
        space.store.tables_changed.connect(lambda tables: self.look() if tables & _TABLES else None)
        space.store.connection_changed.connect(lambda _: self.look())
        space.closing.connect(self._close)
        self.look()

    def _close(self) -> None:
        self._again.stop()
        self.job.stop()

    @property
    def _database(self) -> Database:
        return self._space.desk.database

    # --- how they stand ---

    @property
    def is_missing(self) -> bool:
        """Whether a good backup is missing that should be there: nobody knows yet is no."""
        return self._now is not None and self._now.standing in {Standing.NONE, Standing.OVERDUE}

    def look(self) -> None:
        """Read how backups stand, and show it."""
        database = self._database
        self._space.desk.tasks.query(
            self, lambda: recording.look_closely(database), self._show, lambda _error: None, key="backups",
            priority=Priority.IDLE,
        )  # fmt: skip

    def _show(self, found: tuple[BackupsNow, bool]) -> None:
        now, waits = found
        first, self._now = self._now is None, now
        self._space.window.status_bar.set_backups(*light_text(now))
        if self.sheet is not None:
            self.sheet.show_now(now, first=first)
            self.sheet.show_waiting(waits=waits)

    # --- the window of backups ---

    def open(self) -> None:
        """Show them."""
        if self.sheet is not None:
            return
        space = self._space
        is_manager = space.opening.person.group == "manager"
        sheet = self.sheet = BackupsSheet(space.window, space.store.freshness.now, may_write=is_manager)
        sheet.save_wanted.connect(self._save)
        sheet.now_wanted.connect(self._back_up)
        sheet.stop_wanted.connect(self.job.stop)
        sheet.passphrase_wanted.connect(self._ask_passphrase)
        sheet.recovery_wanted.connect(self._open_recovery)
        sheet.restore_wanted.connect(self._open_restore)
        sheet.messages_wanted.connect(self._let_messages_go)
        sheet.finished.connect(self._closed)
        self.job.progressed.connect(self._progressed)
        sheet.set_busy(busy=self.job.is_busy)
        sheet.open()
        self._now = None
        self.look()
        self._look_here()

    def _closed(self) -> None:
        self.sheet = None
        self.job.progressed.disconnect(self._progressed)

    def _progressed(self, progress: tuple[Stage, int]) -> None:
        text = stage_text(*progress)
        if self.restoring is not None:
            self.restoring.say(text)
        elif self.sheet is not None:
            self.sheet.say(text)

    def _look_here(self) -> None:
        """Say whether this PC can make backups."""
        source_of, database = self._space.opening.backup_source, self._database

        def work() -> BackupFailed | None:
            settings = recording.look(database).settings
            return trouble_here(source_of, Path(settings.folder) if settings.enabled else None)

        def show(trouble: BackupFailed | None) -> None:
            if self.sheet is not None:
                self.sheet.show_here(trouble)

        self._errand.run(work, show, lambda _error: None)

    def _say(self, text: str, role: str = "ok") -> None:
        if self.sheet is not None:
            self.sheet.say(text, role)

    def _failed(self, error: ClinicDeskError) -> None:
        if self.sheet is not None:
            self.sheet.set_busy(busy=False)
            self.sheet.say(self._words(error), "danger")
        self.look()

    def _words(self, error: ClinicDeskError) -> str:
        clinic = self._space.store.clinic
        return trouble_text(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")

    def _save(self, wanted: BackupSettings) -> None:
        from dataclasses import replace

        database, sites = self._database, self._space.store.clinic.sites
        source_of = self._space.opening.backup_source
        settings = replace(wanted, zone=sites[0].zone if sites else wanted.zone)

        def save(*_: object) -> tuple[BackupsNow, BackupFailed | None]:
            now = recording.save_settings(database, settings, new_id())
            return now, trouble_here(source_of, Path(settings.folder)) if settings.enabled else None

        def saved(found: tuple[BackupsNow, BackupFailed | None]) -> None:
            self._now = None
            self._show((found[0], False))
            self._say(*saved_text(found[1]))
            self.look()

        self.job.run(save, saved, self._failed)

    def _let_messages_go(self) -> None:
        database = self._database

        def gone(count: int) -> None:
            self._say(translate("backups", "✓ Messages go out again; %n wait(s) for its time.", None, count))
            self.look()

        self.job.run(lambda *_: recording.let_messages_go(database), gone, self._failed)

    # --- the passphrase ---

    def _ask_passphrase(self) -> None:
        asking, warned = PassphraseSheet(self._space.window), set[str]()
        good = None if self._now is None else self._now.last_good

        def keep(text: str) -> str:
            if good is not None and text not in warned:
                _compare(text, Path(good.folder) / good.file_name)
            passphrase.keep(text)
            return text

        def kept(text: str) -> None:
            asking.accept()
            self._look_here()
            self._show_recovery(text, is_new=True)

        def refused(error: ClinicDeskError) -> None:
            if isinstance(error, NotUsable):
                warned.add(asking.first.line.text())
                asking.say(another_passphrase_text())
            else:
                asking.say(self._words(error) or str(error))

        asking.given.connect(lambda text: self._errand.run(lambda: keep(text), kept, refused))
        asking.open()

    def _open_recovery(self) -> None:
        self._errand.run(passphrase.here, partial(self._show_recovery, is_new=False), self._failed)

    def _show_recovery(self, phrase: str, *, is_new: bool) -> None:
        clinic, folder = self._space.store.clinic, self.sheet.folder.text() if self.sheet is not None else ""
        zone = clinic.sites[0].zone if clinic.sites else "UTC"
        day = day_text(to_wall(self._space.store.freshness.now(), zone).date(), date.min)
        names = ", ".join(site.name for site in clinic.sites)
        RecoverySheet(self._space.window, Recovery(names, folder, day, phrase), is_new=is_new).open()

    # --- a backup now ---

    def _back_up(self, target: Path | None) -> None:
        database, source_of = self._database, self._space.opening.backup_source

        def work(tell: Any, stop: Any) -> Any:
            phrase, source = passphrase.here(), _found(source_of)
            begun = recording.begin(database, RunKind.BY_HAND, target)
            return recording.carry_out(
                database, begun, source, phrase, stop=stop, tell=lambda *progress: tell(progress)
            )

        self._begin(translate("backups", "Beginning…"))
        self.job.run(work, self._backed_up, self._failed)

    def _begin(self, text: str) -> None:
        if self.sheet is not None:
            self.sheet.set_busy(busy=True)
            self.sheet.say(text)

    def _backed_up(self, made: Any) -> None:
        if self.sheet is not None:
            self.sheet.set_busy(busy=False)
        told = translate("backups", "✓ {file} is there, and was checked by restoring it.")
        self._say(told.format(file=str(made.path)))
        self.look()

    # --- restoring ---

    def _open_restore(self) -> None:
        space = self._space
        folder = self.sheet.folder.text() if self.sheet is not None else ""
        is_demo = space.opening.is_demo
        settings = space.opening.settings
        shares = settings is not None and settings.shared_folder is not None
        may_replace = (space.opening.is_embedded or shares) and not is_demo
        sheet = self.restoring = RestoreSheet(space.window, may_replace=may_replace, is_demo=is_demo, start=folder)
        sheet.look_wanted.connect(partial(self._look_into, sheet))
        sheet.restore_wanted.connect(partial(self._ask_restore, sheet))
        sheet.stop_wanted.connect(self.job.stop)
        sheet.finished.connect(self._restore_closed)
        sheet.open()

    def _restore_closed(self) -> None:
        self.restoring = None

    def _look_into(self, sheet: RestoreSheet, wish: RestoreWish) -> None:
        zone = self._now.settings.zone if self._now is not None else "UTC"
        sheet.set_busy(busy=True)

        def done(found: Manifest) -> None:
            self._found = found
            sheet.set_busy(busy=False)
            sheet.show_contents(contents_text(found, zone))

        self.job.run(lambda *_: contents(wish.file, _phrase(wish)), done, partial(self._not_restored, sheet))

    def _ask_restore(self, sheet: RestoreSheet, wish: RestoreWish) -> None:
        if wish.folder is not None:
            self._restore(sheet, wish)
            return
        if not self._stays_manager():
            sheet.say(not_manager_then_text(), "danger")
            return
        question = AskSheet(
            translate("backups", "Replace the present clinic?"),
            translate(
                "backups",
                "Everything that was booked and changed since the backup is gone from the calendar of every desk. A "
                "backup of the present clinic is made first.",
            ),
            translate("backups", "Replace it"),
            sheet,
        )
        question.answered.connect(lambda yes: self._restore(sheet, wish) if yes else None)
        question.open()

    def _stays_manager(self) -> bool:
        """Whether who is signed in is a manager in the backup, too: nobody shuts herself out."""
        login, roles = self._space.opening.person.login, () if self._found is None else self._found.roles
        return any(role.name == login and "clinic_manager" in role.groups for role in roles)

    def _restore(self, sheet: RestoreSheet, wish: RestoreWish) -> None:
        work = partial(_into_folder, wish, self._asker()) if wish.folder is not None else self._over(wish)
        sheet.set_busy(busy=True)
        self.job.run(work, partial(self._restored, sheet, wish), partial(self._not_restored, sheet))

    def _asker(self) -> Asker:
        return Asker(self._space.opening.person.login, self._database.desk.name)

    def _over(self, wish: RestoreWish) -> Any:
        database, source_of, asker = self._database, self._space.opening.backup_source, self._asker()

        def work(tell: Any, stop: Any) -> Restored:
            source = _found(source_of)
            if not source.is_superuser:
                raise BackupFailed(Problem.NO_LOGIN)
            phrase = passphrase.here() if passphrase.is_here() else wish.passphrase
            folder = Path(recording.look(database).settings.folder or wish.file.parent)
            begun = recording.begin(database, RunKind.BEFORE_RESTORE, folder)
            before = recording.carry_out(
                database, begun, source, phrase, stop=stop, tell=lambda *progress: tell(progress)
            )
            return restore_over(
                source.url.set(database="postgres"), source.url.database or "", wish.file, _phrase(wish), asker=asker,
                before=before, stop=stop, tell=lambda done: tell((Stage.CHECKING, done)),
            )  # fmt: skip

        return work

    def _restored(self, sheet: RestoreSheet, wish: RestoreWish, stands: Restored) -> None:
        sheet.set_busy(busy=False)
        where = (
            translate("backups", "✓ The clinic is in {folder}: clinic-desk --data {folder} opens it.").format(
                folder=str(wish.folder)
            )
            if wish.folder is not None
            else translate("backups", "✓ The clinic is as it was then.")
        )
        told = translate("backups", "{gone} messages may have gone already, {wait} wait for your word.")
        sheet.show_done(f"{where} {told.format(gone=stands.may_have_gone, wait=stands.wait)}")
        self._space.store.reload()
        self.look()

    def _not_restored(self, sheet: RestoreSheet, error: ClinicDeskError) -> None:
        sheet.set_busy(busy=False)
        sheet.say(self._words(error), "danger")
        self.look()


def _found(source_of: Any) -> Source:
    source: Source | None = None if source_of is None else source_of()
    if source is None:
        raise BackupFailed(Problem.NO_LOGIN)
    return source


def _compare(phrase: str, last: Path) -> None:
    """Raise NotUsable(wrong-passphrase) if the last backup, as far as it is in reach, was made with another one."""
    try:
        with sealed_file.reading(last, phrase):
            pass
    except BackupFailed:
        return  # it is not to be seen from here
    except NotUsable as error:
        if error.code is Problem.WRONG_PASSPHRASE:
            raise


def _phrase(wish: RestoreWish) -> str:
    return wish.passphrase or passphrase.here()


def _into_folder(wish: RestoreWish, asker: Asker, tell: Any, stop: Any) -> Restored:
    assert wish.folder is not None
    folder, phrase = wish.folder / "server", _phrase(wish)
    return restore_into(
        folder, wish.file, phrase, asker=asker, stop=stop, tell=lambda done: tell((Stage.CHECKING, done))
    )
