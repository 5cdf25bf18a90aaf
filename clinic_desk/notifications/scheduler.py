"""The clock of the message queue: APScheduler's background thread, which runs the queue's jobs in a program that lives.

Correctness is in the queue's rows; this is only a clock (NOTIFICATIONS.md). A missed tick is caught up by the next one,
a NOTIFY makes it come at once, and whatever a job raises is logged, told, and the next tick goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database import anchors
from clinic_desk.database.queries import pairing as queries_pairing
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ClinicDeskError
from clinic_desk.notifications import copies, replies, retention, sweep
from clinic_desk.notifications.post import MakeSenders, Post
from clinic_desk.notifications.turns import Turns
from clinic_desk.notifications.wakeup import WakeUps
from clinic_desk.reports import traceback_text

if TYPE_CHECKING:
    from pathlib import Path

    from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

    from clinic_desk.database.engine import Database

log = logging.getLogger(__name__)

POLL_S: Final = 5.0
"""So often the queue is looked at when nobody said that something is due: the truth, where NOTIFY is a hint."""
SETTINGS_S: Final = 30.0
CHECK_S: Final = 20.0
REPLIES_S: Final = 60.0
OFFERS_S: Final = 10.0
EXPECTED_REPLIES_S: Final = 15.0
"""So often replies are read while a patient may say yes to a time."""
HOLDS_S: Final = 60.0
SWEEP_S: Final = 3600.0
COPIES_S: Final = 300.0
RETENTION_S: Final = 6 * 3600.0
SEAL_S: Final = 60.0
BACKUPS_S: Final = 60.0
SEEN_S: Final = 30.0
"""So often the clinic is told that this program sends: a sixth of the time after which it is missed (domain.pcs)."""
FIRST_SWEEP_AFTER_S: Final = 45.0
_SHORTEST_PAUSE_S: Final = 0.05
_CHANNELS: Final = (Channel.EMAIL, Channel.SMS)


@dataclass(frozen=True, slots=True)
class Sending:
    """How this program's sending is: over which channels it sends, and what ails it ("" for nothing)."""

    channels: frozenset[Channel] = frozenset()
    trouble: str = ""


class Scheduler:
    """Works through the queue in the background from `start` to `close`.

    `database` is its own, of a role in clinic_worker: the queue neither waits for the connections of the desk nor
    starves it.
    `owner` names this program, like no other's, in leases and in what happened to a message. `told` is called from its
    threads; `before_connect` too, before its listening connection is made.
    """

    def __init__(
        self,
        database: Database,
        make_senders: MakeSenders,
        owner: str,
        told: Callable[[Sending], None] = lambda _: None,
        before_connect: Callable[[], None] = lambda: None,
        *,
        offers: Callable[[Database, Callable[[], bool]], bool] | None = None,
        data: Path | None = None,
        backups: Callable[[Database, Callable[[], bool]], object] | None = None,
    ) -> None:
        """`offers` does what is to be done about offers of free times; True: an answer by SMS is waited for.

        `backups` makes the backup that is due, if this program is to make it.

        `data`: the folder where the history's seals are kept in mind (`database.anchors`).
        """
        self._database = database
        self._offers = offers
        self._told = told
        self._data = data
        self._name = owner.partition("#")[0]
        self._backups = backups
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._turns = Turns()
        self._posts = {
            channel: Post(channel, database, make_senders, f"{owner}/{channel.value}") for channel in _CHANNELS
        }
        self._replies_read = 0.0
        self._troubles: dict[str, str] = {}
        self._last_told: Sending | None = None
        self._scheduler: BackgroundScheduler | None = None
        self._wake_ups = WakeUps(database, self.wake, self.wake_all, before_connect)

    def start(self) -> None:
        """Begin; once only. Returns at once."""
        # pinned here: SQLAlchemy's and APScheduler's loggers would tell parameters and whole tracebacks (PROMISES T20)
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        scheduler = self._scheduler = _background_scheduler()
        self._add("settings", SETTINGS_S, self._renew_senders)
        for channel in _CHANNELS:
            self._add(f"queue-{channel}", POLL_S, partial(self._work, channel))
            self._add(f"check-{channel}", CHECK_S, partial(self._check, channel))
        self._add("replies", REPLIES_S, self._poll_replies)
        if self._offers is not None:
            self._add("offers", OFFERS_S, self._work_on_offers)
        self._add("holds", HOLDS_S, self._expire_holds)
        self._add("plan", SWEEP_S, self._repair_plan, first_after_s=FIRST_SWEEP_AFTER_S)
        self._add("retention", RETENTION_S, self._prune, first_after_s=2 * FIRST_SWEEP_AFTER_S)
        self._add("seal", SEAL_S, self._seal_history, first_after_s=FIRST_SWEEP_AFTER_S)
        self._add("seen", SEEN_S, self._tell_clinic, first_after_s=SEEN_S)
        self._add("copies", COPIES_S, self._delete_copies, first_after_s=2 * FIRST_SWEEP_AFTER_S)
        if self._backups is not None:
            self._add("backups", BACKUPS_S, partial(self._back_up, self._backups), FIRST_SWEEP_AFTER_S)
        scheduler.start()
        self._wake_ups.start()

    def close(self, timeout_s: float = 3.0) -> bool:
        """End: nothing more is claimed, what was claimed and not begun is handed back, so that another desk takes it.

        False if a job did not end in time (a provider that does not answer): its one message becomes unknown. May be
        called again.
        """
        deadline = time.monotonic() + timeout_s
        self._stopping.set()
        self._turns.close()
        ended = self._wake_ups.stop(timeout_s / 2)
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        ended = self._turns.wait(max(0.0, deadline - time.monotonic())) and ended
        for post in self._posts.values():
            try:
                post.release()
            except ClinicDeskError as error:  # the leases run out by themselves
                log.warning("claimed messages were not handed back: %s", type(error).__name__)
            if ended:
                post.close()
        return ended

    def wake(self) -> None:
        """Have the queue looked at now. Any thread."""
        for channel in _CHANNELS:
            self._run_now(f"queue-{channel}")
        if self._offers is not None:
            self._run_now("offers")

    def credentials_changed(self) -> None:
        """Use the passwords that this PC has now. Any thread."""
        for post in self._posts.values():
            post.forget_credentials()
        self._run_now("settings")

    def wake_all(self) -> None:
        """Have everything looked at now: the PC slept, its clock was set, or the link is back. Any thread."""
        scheduler = self._scheduler
        if scheduler is not None:
            for job in scheduler.get_jobs():
                self._run_now(job.id)

    # --- the jobs ---

    def _work(self, channel: Channel) -> None:
        """Work through what is due on one channel; one that hangs does not hold the other up."""
        post = self._posts[channel]
        before = post.renewals
        tick = post.work(self._stopping.is_set)
        self._follow_up(post, before)
        if tick.next_in_s is not None and tick.next_in_s < POLL_S:
            self._run_at(f"queue-{channel}", max(_SHORTEST_PAUSE_S, tick.next_in_s))

    def _check(self, channel: Channel) -> None:
        self._posts[channel].check(self._stopping.is_set)

    def _poll_replies(self) -> None:
        sender = self._posts[Channel.SMS].sender
        if sender is not None:
            self._replies_read = time.monotonic()
            replies.poll_replies(self._database, sender)

    def _work_on_offers(self) -> None:
        assert self._offers is not None
        expected = self._offers(self._database, self._stopping.is_set)
        if expected and time.monotonic() - self._replies_read > EXPECTED_REPLIES_S:
            self._run_now("replies")

    def _repair_plan(self) -> None:
        sweep.repair_plan(self._database, self._stopping.is_set)

    def _prune(self) -> None:
        retention.prune(self._database, self._stopping.is_set)
        with self._database.writing() as connection:
            queries_pairing.forget_invitations(connection)

    def _tell_clinic(self) -> None:
        channels = [channel.value for channel, post in self._posts.items() if post.sender is not None]
        with self._database.writing() as connection:
            queries_pairing.note_sending(connection, self._name, channels)

    def _seal_history(self) -> None:
        try:
            while anchors.seal(self._database, self._data) and not self._stopping.is_set():
                pass
        except OSError as error:  # sealed it is; only this PC does not know of it
            log.warning("the history's last seal was not kept: %s", type(error).__name__)

    def _delete_copies(self) -> None:
        sender = self._posts[Channel.SMS].sender
        if sender is not None:
            copies.delete_copies(self._database, sender, self._stopping.is_set)

    def _back_up(self, backups: Callable[[Database, Callable[[], bool]], object]) -> None:
        backups(self._database, self._stopping.is_set)

    def _expire_holds(self) -> None:
        with self._database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM hold WHERE expires_at < now()")

    def _renew_senders(self) -> None:
        """See what the settings say now, also of a channel whose queue is not looked at for a while."""
        for post in self._posts.values():
            before = post.renewals
            post.renew()
            if self._follow_up(post, before):
                self._run_now(f"queue-{post.channel}")

    def _follow_up(self, post: Post, before: int) -> bool:
        """Let all jobs of a channel use its new sender, if it has one since; return whether."""
        if post.renewals == before:
            return False
        self._run_now(f"check-{post.channel}")
        if post.channel is Channel.SMS:
            self._run_now("replies")
        return True

    # --- the clockwork ---

    def _add(self, name: str, every_s: float, work: Callable[[], None], first_after_s: float = 0.0) -> None:
        from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

        assert self._scheduler is not None
        self._scheduler.add_job(
            partial(self._guarded, name, work),
            IntervalTrigger(seconds=every_s, timezone=UTC),
            id=name,
            next_run_time=_from_now(first_after_s),
        )

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        """Run a job; again at once if it was asked for meanwhile. Nothing that it raises gets out."""
        if not self._turns.begins(name):
            return
        trouble = ""
        try:
            work()
            while self._turns.goes_on(name):
                work()
        except ClinicDeskError as error:
            trouble = type(error).__name__
            log.warning("%s: %s", name, trouble)
            self._turns.fails(name)
        except Exception as error:  # a bug in one job must not end the others, nor its own next tick
            trouble = type(error).__name__
            log.error("the job %s failed\n%s", name, traceback_text(error))
            self._turns.fails(name)
        self._note(name, trouble)

    def _note(self, name: str, trouble: str) -> None:
        """Tell how sending is, when that changed."""
        with self._lock:
            if trouble:
                self._troubles[name] = trouble
            else:
                self._troubles.pop(name, None)
            channels = frozenset(channel for channel, post in self._posts.items() if post.sender is not None)
            sending = Sending(channels, next(iter(self._troubles.values()), ""))
            is_known = all(post.is_known for post in self._posts.values()) or bool(sending.trouble)
            if not is_known or sending == self._last_told or self._stopping.is_set():
                return
            self._last_told = sending
        self._told(sending)
        self._run_now("seen")

    def _run_now(self, name: str) -> None:
        """One that runs is asked to go on once more: it may be about to set its next turn, to later.

        That turn is set all the same: it was reckoned by another clock if this one was set.
        """
        self._turns.ask(name)
        self._run_at(name, 0.0)

    def _run_at(self, name: str, in_s: float) -> None:
        from apscheduler.jobstores.base import JobLookupError  # type: ignore[import-untyped]

        scheduler = self._scheduler
        if scheduler is None or self._stopping.is_set():
            return
        try:
            scheduler.modify_job(name, next_run_time=_from_now(in_s))
        except JobLookupError:  # closing, on another thread
            log.debug("%s is not scheduled any more", name)


def _from_now(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _background_scheduler() -> BackgroundScheduler:
    from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
    from apscheduler.schedulers.background import BackgroundScheduler

    options: dict[str, Any] = {
        "timezone": UTC,
        "executors": {"default": ThreadPoolExecutor(8)},
        # A PC that slept runs what it missed once, however late (APScheduler's own grace is one second).
        "job_defaults": {"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
    }
    return BackgroundScheduler(**options)
