"""Everything the user sees and touches; the only package that knows Qt.

PySide replaces `builtins.__import__` for the sake of `from __feature__ import …`, which is not used here. Its
replacement is taken out again, before a second thread is there, because it is unsound and slow: after every import
statement of the whole process it swaps the import function for all threads (PYSIDE-3054) and asks the imported module
for an attribute and for its source. A thread that imports meanwhile escapes the hook, or comes upon a module that is
half imported with it: pydantic then fails to be imported at all. Python's own locks keep two threads from seeing half a
module as long as modules do not import each other in a circle (`tests/ui/shell/test_importing.py`).
"""

from __future__ import annotations

import builtins

import PySide6.QtCore  # noqa: F401  puts its hook in


def _use_plain_import() -> None:
    plain = getattr(builtins, "__orig_import__", None)
    if plain is not None and builtins.__import__ is getattr(builtins, "__feature_import__", None):
        builtins.__import__ = plain


_use_plain_import()
