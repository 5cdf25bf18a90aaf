"""What a PC can begin with: handed to the pages by who opens clinics, so that they need not know how that is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinic_desk.errors import Refused
from clinic_desk.sharing.plans import TestResult

Begin = Callable[[Callable[[str], None]], Any]
"""Makes what is missing and opens the clinic, telling its steps; off the GUI thread. May be done again. Raises
ClinicDeskError."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that somebody else looks after, and who signs in there. `authority` None: the system knows it."""

    hosts: tuple[str, ...]
    port: int
    database: str
    authority: Path | None
    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ways:
    """`one_pc(login, name, password)` returns what begins a clinic on this PC, in `folder`; `share` the same of one
    that other PCs can join; `join(text, pc)` what joins one as the PC of that name: raises Lacking once if it joined
    with a lack, and opens the clinic when it is begun again; `restore(file, passphrase)` what has a clinic back from
    its backup, in `folder`.
    """

    demo: Begin
    one_pc: Callable[[str, str, str], Begin]
    share: Callable[[str, str, str], Begin]
    connect: Callable[[Server], Begin]
    join: Callable[[str, str], Begin]
    restore: Callable[[Path, str], Begin]
    folder: Path


class Lacking(Refused):
    """This PC joined, and cannot send messages, or not yet; `trouble`: why, a code of `credentials.TROUBLES`."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class NotConnected(Refused):
    """A try of a server found something wrong; nothing was written down."""

    def __init__(self, result: TestResult) -> None:
        super().__init__(result.advice)
        self.result = result
