"""The guided tour: the real program as two desks on one demo clinic, driven by keys and mouse, with pictures."""

from __future__ import annotations

from clinic_desk.tour.run import run_tour

__all__ = ["run_tour"]
