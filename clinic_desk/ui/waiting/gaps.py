"""Watches for times that become free and shows, beside the calendar, who waits for one; books whom the user chooses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from clinic_desk.domain.asking import Round
from clinic_desk.domain.changes import Change
from clinic_desk.domain.waiting import Fit, Gap, Offer
from clinic_desk.services import asking, waiting
from clinic_desk.services.waiting import Freed
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.waiting.asking_desk import AskingDesk
from clinic_desk.ui.waiting.offer_panel import OfferPanel
from clinic_desk.ui.waiting.taking import Taking
from clinic_desk.ui.waiting.words import count_text, gap_text

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic, Entry
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_SOON_MS: Final = 250
"""What is changed together is looked at together."""
_MOST: Final = 5
"""So many gaps are kept: nobody fills more by hand, and each costs a look."""
_TOUCHES: Final = frozenset(
    {"appointment", "wish", "time_off", "block", "hold", "patient", "working_hours", "closure", "offer", "offer_round"}
)

Found = tuple[tuple[Freed, Offer], ...]
Rounds = tuple[Round, ...]


class Gaps(QObject):
    """Keeps the panel true: gaps that this desk made, or another one on the days that are shown here.

    The newest is shown first. A gap goes when it is taken again, when nobody fits it any more, or when it is left.
    """

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._freed: list[Freed] = []
        self._changes: dict[UUID, int] = {}
        self._unseen = False
        self._taking: Taking | None = None
        self._rounds: Rounds = ()
        self.panel = OfferPanel(space.store.clinic)
        self.asking = AskingDesk(space, self)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._look)
        space.window.side_panel.add(self.panel, below=space.sides.panel)
        self._wire()

    def _wire(self) -> None:
        space, panel = self._space, self.panel
        space.live.changes_heard.connect(self._heard)
        space.store.tables_changed.connect(self._touched)
        space.store.connection_changed.connect(self._connection_changed)
        space.pulse.counts_read.connect(lambda _counts: self._touched(_TOUCHES))  # times pass
        space.store.clinic_changed.connect(self._clinic_changed)
        panel.taken.connect(self._take)
        panel.not_taken.connect(lambda fit: space.waiting().not_taken(fit.waiting))
        panel.left.connect(self._leave)
        panel.ask_wanted.connect(self.asking.start)
        panel.asking.next_wanted.connect(self.asking.go_on)
        panel.asking.withdraw_wanted.connect(self.asking.withdraw)
        panel.declined.connect(lambda standing: self.asking.go_on(standing, declined=True))
        self.asking.changed.connect(self._soon.start)
        self._connection_changed(space.store.freshness.connection)

    # --- what becomes free ---

    def _heard(self, changes: tuple[Change, ...]) -> None:
        shown, own = set(self._space.navigator.view.days), self._space.desk.database.desk.id
        for change in changes:
            concerns = change.desk_id == own or change.days & shown
            if change.table == "appointment" and change.version > 1 and not change.deleted and concerns:
                self._changes[change.id] = change.version
        if self._changes and not self._soon.isActive():
            self._soon.start()

    def _touched(self, tables: frozenset[str]) -> None:
        if (self._freed or self.asking.follows) and tables & _TOUCHES and not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        """Read what became free, and how those that are shown stand now."""
        if self._space.store.freshness.connection is Connection.LOST:
            return
        database, clinic = self._space.desk.database, self._space.store.clinic
        changes, known = tuple(self._changes.items()), tuple(self._freed)
        if not changes and not known and not self.asking.follows:
            return
        # Superseded, the query that comes instead looks for these as well: they go when they were looked at.
        self._space.desk.tasks.query(
            self,
            lambda: (_offers(database, clinic, changes, known), asking.rounds(database)),
            lambda read: self._show(*read, changes),
            lambda error: None,
            key="gaps",
            priority=Priority.IDLE,
        )

    def _show(self, found: Found, rounds: Rounds, changes: tuple[tuple[UUID, int], ...]) -> None:
        self._rounds = rounds
        self.asking.heard(rounds)
        for row_id, version in changes:
            if self._changes.get(row_id) == version:
                del self._changes[row_id]
        known = set(self._freed)
        self._freed = [freed for freed, _ in found]
        new = [offer for freed, offer in found if freed not in known]
        self._show_first(found)
        if new:
            self._unseen = True
            self.panel.announce()
            self._tell(new[0])

    def _show_first(self, found: Found) -> None:
        self._put(found[0][1] if found else None, max(0, len(found) - 1))
        if not found:
            self._unseen = False

    def _put(self, offer: Offer | None, others: int) -> None:
        """Show a gap with how it stands with it if it was offered by message: of several rounds the newest."""
        standing = None if offer is None else next((one for one in self._rounds if one.covers(offer.gap)), None)
        self.panel.show_offer(offer, others, standing)

    def _tell(self, offer: Offer) -> None:
        """Say it in a note too if the side is folded away: there is no other sign of it then."""
        if self._space.window.side_panel.isVisible():
            return
        told = f"{gap_text(offer.gap, offer.now)}: {count_text(len(offer.fits))}."
        self._space.window.toasts.show_text(told, action=translate("waiting", "Show (Shift+L)"), act=self.begin)

    # --- looked for by hand ---

    def look_here(self) -> None:
        """Go to what became free just now; else look who waits for the free time under the calendar's cursor."""
        calendar = self._space.window.calendar
        place = calendar.current_place() if calendar.isVisible() else None
        if self._unseen and self.panel.offer is not None:
            self.begin()
        elif place is None or place.practitioner_id is None or calendar.selected_entry() is not None:
            if self.panel.offer is not None:
                self.begin()
            else:
                self._space.own.tell(
                    translate("waiting", "Go to a free time of a doctor first: then those it fits are shown.")
                )
        else:
            length = timedelta(minutes=place.length_minutes or calendar.step)
            self._ask_for(Freed(place.practitioner_id, place.site_id, place.starts_at, place.starts_at + length))

    def look_at(self, gap: Gap) -> None:
        """Show who waits for a time, and how it stands with it."""
        self._ask_for(Freed(gap.practitioner_id, gap.site_id, gap.starts_at, gap.ends_at))

    def _ask_for(self, freed: Freed) -> None:
        database, clinic = self._space.desk.database, self._space.store.clinic
        self._space.desk.tasks.query(
            self,
            lambda: (waiting.offer_for(database, freed, clinic), asking.rounds(database)),
            lambda read: self._answer(freed, *read),
            lambda error: self._space.own.tell_trouble(sentence(error, clinic, clinic.site(freed.site_id).zone)),
            key="gap here",
            priority=Priority.URGENT,
        )

    def _answer(self, freed: Freed, offer: Offer | None, rounds: Rounds) -> None:
        self._rounds = rounds
        if offer is None:
            self._space.own.tell(translate("waiting", "This time is not free."))
        elif not offer.fits:
            told = translate("waiting", "{when}: nobody on the waiting list fits.")
            self._space.own.tell(told.format(when=gap_text(offer.gap, offer.now)))
        else:
            self._freed = [freed, *(one for one in self._freed if one != freed)][:_MOST]
            self._put(offer, len(self._freed) - 1)
            self.begin()

    def begin(self) -> None:
        """Give the panel the keyboard, and the side room if it is folded away."""
        self._unseen = False
        side, folded = self._space.window.side_panel, self._space.window.actions_by_name["right_side"]
        if not side.isVisible():
            folded.trigger()
        self.panel.begin()
        QTimer.singleShot(0, self.panel, lambda: side.ensureWidgetVisible(self.panel))

    # --- what is decided ---

    def _take(self, fit: Fit, gap: Gap) -> None:
        space = self._space
        if space.own.refuses() or self._taking is not None:
            return
        self._taking = taking = Taking(space.desk, space.window, fit, gap)
        taking.booked.connect(self._booked)
        taking.told.connect(space.own.tell_trouble)
        taking.ended.connect(self._ended)
        taking.start(tell=fit.waiting.forward is None or space.window.preferences.tell_moves() != "never")

    def _booked(self, before: Entry | None, after: Entry) -> None:
        self._space.own.committed(before, after)
        self._space.commands.back_to_calendar()
        self._space.window.calendar.select_entry(after.id)

    def _ended(self) -> None:
        self._taking = None
        self._soon.start()

    def _leave(self) -> None:
        """Esc: this gap is offered to nobody; the next one is shown when it is asked for."""
        if self._freed:
            self._freed.pop(0)
        had_keyboard = self.panel.has_keyboard
        self.panel.show_offer(None)
        self._soon.start()
        if had_keyboard or not self._space.window.calendar.hasFocus():
            self._space.commands.back_to_calendar()

    # --- what changes around ---

    def _connection_changed(self, connection: Connection) -> None:
        live = connection is Connection.LIVE
        self.panel.set_writing(on=live and self._space.may_write)
        if live and self._freed:
            self._soon.start()

    def _clinic_changed(self) -> None:
        self.panel.clinic = self._space.store.clinic
        if self._freed:
            self._soon.start()


def _offers(
    database: Database, clinic: Clinic, changes: tuple[tuple[UUID, int], ...], known: tuple[Freed, ...]
) -> Found:
    """Return the gaps that somebody fits: those that changes made, the latest day last, before those known already."""
    new = waiting.freed_by(database, changes) if changes else ()
    offers = ((freed, waiting.offer_for(database, freed, clinic)) for freed in dict.fromkeys((*new, *known)))
    found: dict[Gap, tuple[Freed, Offer]] = {}
    for freed, offer in offers:
        if offer is not None and offer.fits and offer.gap not in found:
            found[offer.gap] = (freed, offer)
        if len(found) == _MOST:
            break
    return tuple(found.values())
