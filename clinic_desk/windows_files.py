"""Whose a file is on Windows, which has no user numbers, and where all users' settings lie: asked of Windows itself."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Final

_ADMINISTRATORS: Final = "S-1-5-32-544"
_SYSTEM: Final = "S-1-5-18"
_TRUSTED_INSTALLER: Final = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
_TRUSTED: Final = frozenset({_ADMINISTRATORS, _SYSTEM, _TRUSTED_INSTALLER})
_FILE_OBJECT: Final = 1
_OWNER: Final = 1
_PROGRAM_DATA: Final = 0x23
_LONGEST_PATH: Final = 260


def is_of_administrators(path: Path) -> bool:
    """Whether a file or folder is owned by the administrators or the system, and so made by one of them.

    In C:\\ProgramData what an administrator made cannot be changed by others: they may add files of their own.
    """
    return owner_of(path) in _TRUSTED


def program_data() -> Path:
    """Return the folder of what programs keep for all users. Raises OSError if Windows does not say."""
    if sys.platform == "win32":
        text = ctypes.create_unicode_buffer(_LONGEST_PATH)
        if not ctypes.WinDLL("shell32").SHGetFolderPathW(None, _PROGRAM_DATA, None, 0, text):
            return Path(text.value)
    raise OSError


def owner_of(path: Path) -> str:
    """Return the owner's security identifier; empty if it cannot be found out."""
    if sys.platform == "win32":
        advapi, kernel = ctypes.WinDLL("advapi32"), ctypes.WinDLL("kernel32")
        kernel.LocalFree.argtypes = [ctypes.c_void_p]
        owner, descriptor, text = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_wchar_p()
        name, got = ctypes.c_wchar_p(str(path)), (ctypes.byref(owner), None, None, None, ctypes.byref(descriptor))
        if advapi.GetNamedSecurityInfoW(name, _FILE_OBJECT, _OWNER, *got):
            return ""
        try:
            if advapi.ConvertSidToStringSidW(owner, ctypes.byref(text)):
                found = text.value or ""
                kernel.LocalFree(text)
                return found
        finally:
            kernel.LocalFree(descriptor)
    return ""
