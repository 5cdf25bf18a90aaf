"""`clinic-desk worker` that looks at its queue by itself once a minute: what it does sooner it was told of.

`python -m tests.support.seldom_polling worker`.
"""

from __future__ import annotations

import sys
from typing import Final

POLL_S: Final = 60.0

if __name__ == "__main__":
    from clinic_desk.notifications import scheduler

    scheduler.POLL_S = POLL_S  # type: ignore[misc]
    from clinic_desk.cli import main

    sys.exit(main())
