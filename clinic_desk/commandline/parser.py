"""The parser of what is typed after `clinic-desk`: short errors, and a command's options only when it was typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser whose errors are short, quote no password, and are JSON when that was asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # An option must not change its meaning because a later version has another that begins alike.
        super().__init__(*arguments, **{"allow_abbrev": False, **options})
        self._as_json = False
        self._fill: Callable[[Parser], None] | None = None

    def fill_later(self, fill: Callable[[Parser], None]) -> None:
        """Have `fill` add the options when this parser is used: the window must not wait for all commands' options."""
        self._fill = fill

    def fill_now(self) -> None:
        """Add the options that were put off."""
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Remember whether JSON is wanted, which must be known also when nothing else can be understood."""
        typed: Sequence[str] = sys.argv[1:] if args is None else args
        self._as_json = "--json" in typed
        self.fill_now()
        return super().parse_known_args(typed, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what was expected where, and exit with code 2."""
        from clinic_desk.commandline import output
        from clinic_desk.commandline.usage import without_secrets

        output.prepare_streams()
        field, expected = _typed_wrong(message)
        told = without_secrets(f"{field}: {expected}" if field else expected)
        if self._as_json:
            name = field.rpartition("/")[2].replace("--", "").lower() or "command"
            document = {"error": "invalid-input", "message": told, "field": name}
            wanted = without_secrets(expected).removeprefix("expected ").rpartition(", got ")
            output.print_answer(document | {"expected": wanted[0] or wanted[2]}, (), as_json=True)
        else:
            output.complain(told, f"see {self.prog} --help")
        raise SystemExit(2)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after --help or --version, quietly also when nobody reads it to its end."""
        from clinic_desk.commandline import output

        if message:
            output.write(sys.stderr, message)
        raise SystemExit(output.write(sys.stdout, "") or status)


def _typed_wrong(message: str) -> tuple[str, str]:
    """Return the option that argparse complains about ("" if none) and what is wrong with it."""
    problem = sys.exception()
    if isinstance(problem, argparse.ArgumentError) and problem.argument_name:
        return problem.argument_name, str(problem.message)
    start, _, names = message.partition(": ")
    if start == "the following arguments are required":
        return names, "expected a value: it is required"
    return "", message
