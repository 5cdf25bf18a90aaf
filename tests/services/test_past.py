"""The board as it was at a moment gone by is the one that was read at that moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.commands import OVERRULABLE, Cancel, Park, SetStatus, Update, UpdatePatient
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, DayBoard, Entry, MessageState
from clinic_desk.domain.setup import Remove, SaveBlock, SaveTimeOff
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services.booking import book, cancel, park, set_status, update
from clinic_desk.services.calendar import load_clinic, load_day
from clinic_desk.services.desks import database_now
from clinic_desk.services.past import board_at
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.services.setup.absences import remove_block, remove_time_off, save_block, save_time_off
from tests.support.bookings import at, checkup, statements_of
from tests.support.exchanging import desk_of
from tests.support.small_clinic import SmallClinic

DAYS = 3
STEPS = 30
"""Changes in one random history."""


def as_kept(board: DayBoard) -> DayBoard:
    """A board without what no history keeps: holds, and the state of messages."""
    entries = tuple(replace(entry, message_state=MessageState.NONE) for entry in board.entries)
    return replace(board, entries=entries, holds=())


@dataclass
class Life:
    """A clinic in which something is changed again and again, and what its calendar showed after each change."""

    desk: Database
    manager: Database
    clinic: SmallClinic
    chance: random.Random

    def __post_init__(self) -> None:
        self.days = [self.clinic.monday + timedelta(days=count) for count in range(DAYS)]
        self.known: list[Entry] = []
        self.absences: list[Callable[[], None]] = []
        self.seen: list[tuple[date, datetime, DayBoard]] = []

    def look(self) -> None:
        """Keep what every day shows now."""
        clinic = load_clinic(self.desk)
        now = database_now(self.desk)
        for day in self.days:
            self.seen.append((day, now, replace(as_kept(load_day(self.desk, day, clinic)), read_at=now)))

    def change(self) -> None:
        """Do something that a reception, or the set-up, does; what the rules refuse is not done."""
        acts = [self.book, self.book, self.absent, self.rename]
        if self.known:
            acts += [self.move, self.move, self.end, self.write, self.give_to_another]
        if self.absences:
            acts.append(self.no_longer_absent)
        with suppress(Refused):
            self.chance.choice(acts)()

    def book(self) -> None:
        kind = self.chance.choice((self.clinic.checkup, self.clinic.consultation))
        self.known.append(
            book(
                self.desk,
                checkup(
                    self.clinic,
                    self.time(),
                    type_id=kind,
                    length_minutes=self.chance.choice((15, 30, 90)),
                    patient_id=self.chance.choice(self.clinic.patients),
                    practitioner_id=self.chance.choice((self.clinic.weber, self.clinic.okafor)),
                    overrule=OVERRULABLE,
                ),
            )
        )

    def move(self) -> None:
        row = self.one().appointment
        self.keep(update(self.desk, Update(row.id, row.version, starts_at=self.time(), overrule=OVERRULABLE)))

    def write(self) -> None:
        row = self.one().appointment
        self.keep(update(self.desk, Update(row.id, row.version, note=f"note {self.chance.random()}")))

    def give_to_another(self) -> None:
        row, whose = self.one().appointment, self.chance.choice(self.clinic.patients)
        self.keep(update(self.desk, Update(row.id, row.version, patient_id=whose, overrule=OVERRULABLE)))

    def end(self) -> None:
        row = self.one().appointment
        self.keep(
            self.chance.choice(
                (
                    lambda: cancel(self.desk, Cancel(row.id, row.version, CancellationReason.PATIENT)),
                    lambda: park(self.desk, Park(row.id, row.version)),
                    lambda: update(self.desk, Update(row.id, row.version, reinstate=True, overrule=OVERRULABLE)),
                    lambda: set_status(self.desk, SetStatus(row.id, row.version, AppointmentStatus.ENTERED_IN_ERROR)),
                )
            )()
        )

    def rename(self) -> None:
        patient = get_patient(self.desk, self.chance.choice(self.clinic.patients))
        update_patient(self.desk, UpdatePatient(replace(patient, given_name=f"Ada {self.chance.random()}")))

    def absent(self) -> None:
        begins, who = self.time(), self.chance.choice((self.clinic.weber, self.clinic.okafor))
        ends, kinds = begins + timedelta(hours=1), frozenset({self.clinic.checkup, self.clinic.consultation})
        if self.chance.random() < 0.5:
            off = save_time_off(self.manager, SaveTimeOff(who, begins, ends, "away"))
            self.absences.append(partial(remove_time_off, self.manager, Remove(off.id, off.version)))
        else:
            block = save_block(self.manager, SaveBlock(begins, ends, "kept", who, type_ids=kinds))
            other = replace(SaveBlock(begins, ends, "kept", who), id=block.id, version=block.version)
            block = save_block(self.manager, replace(other, type_ids=frozenset({self.clinic.checkup})))
            self.absences.append(partial(remove_block, self.manager, Remove(block.id, block.version)))

    def no_longer_absent(self) -> None:
        self.absences.pop(self.chance.randrange(len(self.absences)))()

    def one(self) -> Entry:
        return self.chance.choice(self.known)

    def keep(self, entry: Entry) -> None:
        self.known = [entry if each.id == entry.id else each for each in self.known]

    def time(self) -> datetime:
        return at(self.chance.choice(self.days), self.chance.randrange(0, 24), 15 * self.chance.randrange(4))


@pytest.mark.parametrize("seed", range(4))
def test_the_board_of_a_moment_is_the_one_that_was_read_then(
    database: Database, clinic: SmallClinic, url_as: Callable[[Group], URL], seed: int
) -> None:
    with desk_of(url_as, "clinic_manager") as manager:
        life = Life(database, manager, clinic, random.Random(seed))
        life.look()
        for _ in range(STEPS):
            life.change()
            life.look()
        record = load_clinic(database)
    shown = 0
    for day, moment, board in life.seen:
        assert board_at(database, day, moment, record) == board
        shown += len(board.entries) + len(board.time_off) + len(board.blocks)
    assert shown > STEPS


def test_a_moment_to_come_is_no_past(database: Database, clinic: SmallClinic) -> None:
    record = load_clinic(database)
    with pytest.raises(InvalidInput, match="gone by"):
        board_at(database, clinic.monday, database_now(database) + timedelta(hours=1), record)


def test_a_moment_is_read_by_three_statements(database: Database, clinic: SmallClinic) -> None:
    record, now = load_clinic(database), database_now(database)
    book(database, checkup(clinic))
    with statements_of(database) as sent:
        assert board_at(database, clinic.monday, now, record).entries == ()
    assert len(sent) == 3
