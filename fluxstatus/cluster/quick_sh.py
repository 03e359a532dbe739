"""sh, imported without asyncio and importlib.metadata, which take longer than sh itself.

sh needs them for `await`, and for the number of its version. It gets stand-ins for both, which
only this import sees. That of asyncio hands out the real one as soon as sh needs more of it than
is known here.
"""

import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn


def load() -> Any:
    """Return the module sh.

    During the first call, no other thread may import asyncio or importlib.metadata.
    """
    if "sh" not in sys.modules:
        _import()
    return sys.modules["sh"]


def _import() -> None:
    """Import sh with the stand-ins or, if it needs more than they have, without."""
    needed = [one for one in (_Asyncio(), _Metadata()) if one.__name__ not in sys.modules]
    sys.modules.update({one.__name__: one for one in needed})
    try:
        with suppress(AttributeError, ImportError):
            import_module("sh")
    finally:
        for one in needed:
            del sys.modules[one.__name__]
    import_module("sh")


class _Asyncio(ModuleType):
    """What sh uses of asyncio unless something is awaited."""

    def __init__(self) -> None:
        super().__init__("asyncio")

    def get_running_loop(self) -> Any:
        """Return the loop that runs. Raises RuntimeError if there is none."""
        if "asyncio" in sys.modules:
            return self._real().get_running_loop()
        raise RuntimeError("no running event loop")

    def Queue(self, *args: Any, **named: Any) -> Any:  # noqa: N802 - its name there
        """Return a queue of the real asyncio."""
        return self._real().Queue(*args, **named)

    def __getattr__(self, name: str) -> Any:
        """Return what the real asyncio has by this *name*. Raises AttributeError."""
        if sys.modules.get("asyncio") is self:  # sh is being imported
            raise AttributeError(name)
        return getattr(self._real(), name)

    @staticmethod
    def _real() -> Any:
        return import_module("asyncio")


class _Metadata(ModuleType):
    """What sh uses of importlib.metadata: its version, which nobody asks for."""

    PackageNotFoundError = ModuleNotFoundError

    def __init__(self) -> None:
        super().__init__("importlib.metadata")

    def version(self, name: str) -> NoReturn:
        """Say that it is unknown."""
        raise self.PackageNotFoundError(name)
