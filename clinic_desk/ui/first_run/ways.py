"""What a PC can begin with: handed to the pages by who opens clinics, so that they need not know how that is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Begin = Callable[[Callable[[str], None]], Any]
"""Makes what is missing and opens the clinic, telling its steps; off the GUI thread. May be done again. Raises
ClinicDeskError."""


@dataclass(frozen=True, slots=True)
class Ways:
    """`one_pc(login, name, password)` returns what begins a clinic on this PC, in `folder`."""

    demo: Begin
    one_pc: Callable[[str, str, str], Begin]
    folder: Path
