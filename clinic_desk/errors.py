"""The error taxonomy: what the user can act on, what is out of reach, and nothing else (anything else is a bug).

Messages here are for logs and the command line: English, specific, and free of patient data. The GUI shows its own
translated sentence, chosen by the class and its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ClinicDeskError(Exception):
    """Every error this program raises on purpose."""


class Refused(ClinicDeskError):
    """The request was understood and not carried out; the user can act on it. Nothing was written."""


class InvalidInput(Refused):
    """A field holds something that cannot be used; `field` is its name in the command, `expected` what would do.

    `example`: something that would, to show as it is in any language; empty if there is none.
    """

    def __init__(self, field: str, expected: str, example: str = "") -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected
        self.example = example


class NotAllowed(Refused):
    """PostgreSQL refused the act to the signed-in role; `right` names what is missing."""

    def __init__(self, right: str) -> None:
        super().__init__(f"not allowed: {right}")
        self.right = right


class WrongPassword(NotAllowed):
    """The server does not let this name in with this password. It never tells which of both is wrong.

    `is_missing`: it was asked without one. `wait_s`: so long this name cannot be tried again here.
    """

    def __init__(self, right: str, *, is_missing: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(right)
        self.is_missing = is_missing
        self.wait_s = wait_s


class LoginClosed(NotAllowed):
    """The password is right, or was; the login may not sign in to this clinic any more."""


class SignInNeeded(Refused):
    """Somebody has to say who it is; `sign_in(login, password, tell)` opens the clinic then.

    `waiting`: what goes on meanwhile, to be closed when the program ends (`opening.embedded.Waiting`); None: nothing.
    """

    def __init__(self, sign_in: Callable[[str, str, Callable[[str], None]], Any], waiting: Any = None) -> None:
        super().__init__("no password is set here: somebody has to sign in")
        self.sign_in = sign_in
        self.waiting = waiting
        self.first: PasswordNeeded | None = None
        """What somebody was told who typed a one-time code before she was asked."""

    def let_go(self) -> None:
        """Give up what goes on meanwhile. It may wait some seconds."""
        if self.waiting is not None:
            self.waiting.close()


class NothingHere(Refused):
    """Nothing is set up on this PC: somebody has to say what it is to work with. `ways`: a `ui.first_run.ways.Ways`."""

    def __init__(self, ways: Any) -> None:
        super().__init__("nothing is set up on this PC yet")
        self.ways = ways


class Stopped(Refused):
    """Somebody at the desk stopped it; what was done so far is in nobody's way."""


class PasswordNeeded(Refused):
    """A one-time code was used: nothing else goes before `set_password(new)`, which returns the address with it."""

    def __init__(self, login: str, set_password: Callable[[str], Any]) -> None:
        super().__init__("a one-time code was used: a password has to be set")
        self.login = login
        self.set_password = set_password


class Unavailable(ClinicDeskError):
    """Something outside this program cannot be reached just now; trying again later can help."""


class DatabaseDown(Unavailable):
    """There is no connection to the database, or it was lost before COMMIT was sent: nothing was written."""

    ways: Any = None
    """What this PC can work with instead, a `ui.first_run.ways.Ways`, where set-up wrote down what is not reached."""


class Busy(Unavailable):
    """A lock or a statement took longer than allowed; nothing was written."""


class DiskFull(Busy):
    """The server has no room left on its disk; nothing was written, and nothing will be until there is."""


class ProviderDown(Unavailable):
    """A provider of e-mail or SMS cannot be reached, or does not answer as it should; `channel` is which."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(f"{channel}: {reason}")
        self.channel = channel
        self.reason = reason


class OutcomeUnknown(Unavailable):
    """COMMIT was sent and its answer lost: the change may stand or not, and neither may be claimed.

    Raised only after the same transaction could not be repeated under the same ids within its time limit.
    """


class DurabilityUnknown(OutcomeUnknown):
    """The change stands on this server, but the wait for the second one was ended: a failover may lose it."""


class SchemaMismatch(Unavailable):
    """The database's schema is not the one this program was built for (`found`, `expected`: Alembic revisions)."""

    def __init__(self, found: str | None, expected: str) -> None:
        super().__init__(f"database schema is {found or 'absent'}, this program needs {expected}")
        self.found = found
        self.expected = expected
        self.is_readable = False
        """The schema is newer, and says that programs as old as this one may still read it."""

    @property
    def is_newer(self) -> bool:
        """Whether it is this program that is to be updated."""
        return self.found is not None and _number(self.found) > _number(self.expected)

    @property
    def is_older(self) -> bool:
        """Whether the clinic waits for its upgrade; a manager may begin it."""
        return self.found is not None and 0 < _number(self.found) < _number(self.expected)


class UpgradeNeeded(SchemaMismatch):
    """The clinic is older than this program, and waits for a manager.

    `upgrade(owner_password, has_backup, tell)` brings it to this program's schema, and waits while it does; None: who
    is signed in is no manager.
    """

    def __init__(
        self,
        found: str | None,
        expected: str,
        upgrade: Callable[[str, bool, Callable[[str], None]], None] | None = None,
    ) -> None:
        super().__init__(found, expected)
        self.upgrade = upgrade
        self.backs_up = False
        """This PC makes the backup itself, and nobody need say that there is one."""
        self.knows_owner = False
        """The server is this PC's: the owner's password is not asked for."""


class ServerUpgradeNeeded(Unavailable):
    """The clinic of this PC was made by an older PostgreSQL (`found`) than this program works with (`wanted`).

    `take_over(tell, stop)` brings it over, and waits while it does; None: nothing here can read it, and `how` is the
    command, or the place, that puts programs on this PC which can. `size`: bytes that the database takes on the disk.
    """

    def __init__(
        self,
        message: str,
        found: int,
        wanted: int,
        take_over: Callable[[Callable[[str], None], Callable[[], bool]], None] | None,
        how: str = "",
    ) -> None:
        super().__init__(message)
        self.found = found
        self.wanted = wanted
        self.take_over = take_over
        self.how = how
        self.folder = ""
        self.size = 0


class BackupMissing(Refused):
    """Nothing is upgraded without a backup: this PC makes none, and nobody said that there is one."""

    def __init__(self) -> None:
        super().__init__("no backup was made before the upgrade")


def _number(revision: str) -> int:
    return int(revision) if revision.isdecimal() else 0
