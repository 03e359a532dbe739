"""sh and http.client, imported without what of theirs is not used here and takes longer than they.

sh needs asyncio for `await`, and importlib.metadata for the number of its version; http.client
needs ssl for HTTPS, while kubectl is reached through a Unix socket. During their import they find a
stand-in, or nothing. The stand-in of asyncio hands out the real one if sh needs more of it later.

Meanwhile no other thread may import one of these.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn


def sh() -> Any:
    """Return the module sh; if it needs more than the stand-ins have, it is imported without."""
    if "sh" not in sys.modules:
        stand_ins = {one.__name__: one for one in (_Asyncio(), _Metadata())}
        with _instead(stand_ins), suppress(AttributeError, ImportError):
            import_module("sh")
    return import_module("sh")


@contextmanager
def without_ssl() -> Iterator[None]:
    """Have http.client, imported in the block, do without HTTPS."""
    with _instead({"ssl": None}):
        yield


@contextmanager
def _instead(stand_ins: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Have imports in the block find *stand_ins*, None for nothing; what is there already stays."""
    ours = {name: one for name, one in stand_ins.items() if name not in sys.modules}
    sys.modules.update(ours)  # type: ignore[arg-type]  # None is documented, but not in its type
    try:
        yield
    finally:
        for name in ours:
            del sys.modules[name]


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
        """Raise PackageNotFoundError, whatever the *name*."""
        raise self.PackageNotFoundError(name)
