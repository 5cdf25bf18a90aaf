"""`python -m clinic_desk` is `clinic-desk`."""

from __future__ import annotations

import sys

from clinic_desk.cli import main

if __name__ == "__main__":
    sys.exit(main())
