"""The patient's page in the whole program, signed in as reception."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from clinic_desk.desk.program import DeskProgram
from clinic_desk.ui.workspace import Workspace
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_on
from tests.ui.setup.conftest import reception
from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs", "reception"]


@pytest.fixture
def space(clinic: SmallClinic, reception: DeskProgram, qtbot: QtBot) -> Workspace:
    """A desk of the reception on the Monday."""
    return space_on(reception, clinic.monday, qtbot)
