"""What a desk does about offers by message: begins, goes on, withdraws, and tells what came of those it began."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinic_desk.domain.asking import Asking, AskNext, Round, RoundState, StartOffers, WithdrawOffers
from clinic_desk.domain.undoing import Deed
from clinic_desk.domain.waiting import Offer
from clinic_desk.services import asking
from clinic_desk.ui.waiting.asking_words import news_text, refusal_text
from clinic_desk.ui.waiting.words import gap_text

if TYPE_CHECKING:
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class AskingDesk(QObject):
    """Carries out what is decided beside a gap; what came of it is seen in the rows, and told once."""

    changed = Signal()
    """Something was written: what is shown is to be read anew."""

    def __init__(self, space: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._space = space
        self._own: set[UUID] = set()
        """The rounds that this desk began and that it has not told the end of."""

    @property
    def follows(self) -> bool:
        """Whether there is something to be told of."""
        return bool(self._own)

    def start(self, offer: Offer) -> None:
        """Offer a gap to all whom it fits, in their order."""
        if self._space.own.refuses():
            return
        command = StartOffers(offer.gap, tuple(fit.waiting.wish.id for fit in offer.fits))
        database = self._space.desk.database
        self._submit(
            lambda: asking.start_offers(database, command),
            lambda standing: self._begun(standing, command),
            offer.gap.zone,
        )

    def _begun(self, standing: Round, command: StartOffers) -> None:
        self._own.add(standing.id)
        told = translate("waiting", "{when} is offered by message").format(
            when=gap_text(standing.gap, self._space.store.freshness.now())
        )
        self._space.own.committed_together(told, Deed(command.operation_id, number=0, command="StartOffers"))

    def go_on(self, standing: Round, *, declined: bool = False) -> None:
        """Ask the next one now; `declined`: who was asked said no."""
        asked = standing.asked
        command = AskNext(standing.id, None if asked is None else asked.id, declined=declined)
        database = self._space.desk.database
        self._submit(lambda: asking.ask_next(database, command), lambda _now: None, standing.gap.zone)

    def withdraw(self, standing: Round) -> None:
        """Offer it to nobody any more."""
        command, database = WithdrawOffers(standing.id), self._space.desk.database
        told = translate("waiting", "The offer by message was withdrawn.")
        self._submit(
            lambda: asking.withdraw_offers(database, command),
            lambda _now: self._space.own.tell(told),
            standing.gap.zone,
        )

    def heard(self, rounds: Iterable[Round]) -> None:
        """Tell what came of the rounds that this desk began."""
        for standing in rounds:
            if standing.id in self._own and standing.state is not RoundState.RUNNING:
                self._own.discard(standing.id)
                told = news_text(standing, gap_text(standing.gap, self._space.store.freshness.now()))
                if told:
                    self._space.own.tell(told)

    def _submit(self, work: Callable[[], Round], done: Callable[[Round], object], zone: str) -> None:
        store = self._space.store

        def failed(error: ClinicDeskError) -> None:
            self._space.own.tell_trouble(refusal_text(error, store.clinic, zone, store.freshness.now()))
            self.changed.emit()

        def succeeded(standing: Round) -> None:
            done(standing)
            self.changed.emit()

        self._space.own.submit(work, succeeded, failed)


def asking_of(standing: Round | None, wish_id: UUID) -> Asking | None:
    """Return how it stands with a wish in a round; None if it is not in it."""
    return None if standing is None else next((one for one in standing.askings if one.wish_id == wish_id), None)
