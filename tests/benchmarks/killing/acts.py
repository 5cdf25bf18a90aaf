"""The acts that are killed: each as the wizard or the command line begins it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

PLACE: Final = Path(os.environ.get("KILLED_PLACE", "."))
BACKUPS: Final = PLACE / "backups"
FAR: Final = PLACE.parent / "far"
"""The folder of another PC, which shares its clinic."""
LOGIN: Final = "julia"
NAME: Final = "Julia Brandt"
PASSWORD: Final = "sieben rote Vögel"


def settings() -> Any:
    """What the next start of the program reads."""
    from clinic_desk.settings import load_settings

    return load_settings()


def command(*words: str) -> None:
    """Run `clinic-desk` with these words. Raises RuntimeError if it does not say that it is done."""
    from clinic_desk.cli import main

    code = main([*words, "--json"])
    if code:
        message = f"clinic-desk {' '.join(words)} ended with {code}"
        raise RuntimeError(message)


def open_as_she_does(told: list[str] | None = None) -> Any:
    """Open what the next start opens, the manager's password typed where it is asked for; None: it asks what to do."""
    from clinic_desk.errors import NothingHere, SignInNeeded
    from clinic_desk.opening.first_start import open_or_ask

    tell = (told if told is not None else []).append
    try:
        return open_or_ask(settings(), tell)
    except NothingHere:
        return None
    except SignInNeeded as needed:
        try:
            return needed.sign_in(LOGIN, PASSWORD, tell)
        finally:
            needed.let_go()


def first_one_pc() -> None:
    """The wizard: this PC only, its manager, the least a clinic needs."""
    from clinic_desk.opening.first_start import ways_of
    from clinic_desk.services.setup.beginning import begin_clinic

    opened = ways_of(settings()).one_pc(LOGIN, NAME, PASSWORD)(lambda _stage: None)
    try:
        if not opened.clinic.sites:
            begin_clinic(opened.database, _beginning())
    finally:
        opened.close()


def _beginning() -> Any:
    from clinic_desk.domain.setup import BeginClinic, SaveAppointmentType, SavePractitioner, SaveSite

    doctor = SavePractitioner("Dr. Weber")
    kind = SaveAppointmentType("Check-up", 20, practitioner_ids=frozenset({doctor.id}))
    return BeginClinic(SaveSite("Practice", "Europe/Berlin"), doctor, ((1, 480, 720),), kind)


def _file(name: str, text: str) -> str:
    path = PLACE / name
    path.write_text(text)
    return str(path)


def share() -> None:
    """A new clinic on a server of its own, by a settings file."""
    text = f'act = "share"\nmanager = "{LOGIN}"\nname = "{NAME}"\n{_here()}'
    command("set-up", "--file", _file("share.toml", text))


def move() -> None:
    """The clinic of this PC to a server of its own, by a settings file."""
    command("set-up", "--file", _file("move.toml", f'act = "share"\nmove = true\n{_here()}'))


def _here() -> str:
    """A server that only this PC reaches, at a port that no other run of this takes meanwhile."""
    port = os.environ["KILLED_PORT"]
    return f'no_service = true\nlisten = ["127.0.0.1"]\naddress = ["127.0.0.1"]\nport = {port}\n'


def join() -> None:
    """This PC joins another one's clinic by the pairing text that lies here."""
    os.environ["CLINIC_DESK_PAIRING"] = (PLACE / "pairing.txt").read_text()
    command("set-up", "join")


def opening() -> None:
    """The next start, which upgrades."""
    opened = open_as_she_does()
    opened.close()


def back_up() -> None:
    """A backup now."""
    BACKUPS.mkdir(exist_ok=True)
    command("backup", "now", "--to", str(BACKUPS))


def restore_into() -> None:
    """The backup into a new folder."""
    command("backup", "restore", str(PLACE / "kept.cdbackup"), "--to", os.environ["CLINIC_DESK_DATA"])


def restore_over() -> None:
    """The backup in the place of the clinic."""
    command("backup", "restore", str(PLACE / "kept.cdbackup"), "--over")


ACTS: Final = {
    "first-one-pc": first_one_pc,
    "share": share,
    "move": move,
    "join": join,
    "upgrade": opening,
    "back-up": back_up,
    "restore-into": restore_into,
    "restore-over": restore_over,
}
