"""What all tests of the user interface have in common."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _collected_on_the_gui_thread() -> Iterator[None]:
    """As in the program (ui/garbage.py): on a lane's or an errand's thread the collector could destroy widgets."""
    gc.disable()
    if not gc.get_freeze_count():
        gc.freeze()  # looking through all that is imported after each test would take a quarter of the run
    yield
    gc.collect()
    gc.enable()
