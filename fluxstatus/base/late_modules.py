"""Modules that are imported when they are first used, if they ever are.

typer, sh, email, shutil, urllib and inspect import them for what no run, or hardly any, does.
"""

import os
import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import Any

_LATE = (
    "bz2", "calendar", "fnmatch", "ipaddress", "linecache", "lzma", "platform", "shellingham",
    "subprocess", "textwrap", "tokenize",
)  # fmt: skip
_lock = threading.Lock()


def postpone() -> None:
    """Have imports of these modules cost nothing from now on, but their first use."""
    for name in _LATE:
        sys.modules.setdefault(name, _Platform() if name == "platform" else _Late(name))


class _Late(ModuleType):
    """A module that is imported when something in it is looked up, by any thread."""

    def __getattr__(self, name: str) -> Any:
        """Return what the real module has by this *name*."""
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class _Platform(_Late):
    """The module platform, of which uuid and sh ask for the system while they are imported."""

    def __init__(self) -> None:
        super().__init__("platform")

    @staticmethod
    def system() -> str:
        """Return the name of the operating system, as the real module does."""
        return os.uname().sysname
