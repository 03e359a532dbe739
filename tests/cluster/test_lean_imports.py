"""sh without asyncio, http.client without ssl: what that leaves, and what a new sh needs."""

import subprocess
import sys
from pathlib import Path

import pytest

_START = """
import sys
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import Process
from fluxstatus.cluster import lean_imports

def run(**how):
    with Process(["/bin/cat"], stdin=True, **how) as process:
        process.write(b"x")
        process._write_end.close()
        process.wait(Deadline(30))
        return process.output().stdout or process.read()

before = set(sys.modules)
assert [run(), run(streaming=True), run(environ={"A": "b"})] == [b"x"] * 3
with Process(["/bin/sleep", "60"]) as process:
    assert process.alive()
try:
    Process(["/no/such/program"])
except Exception as error:
    assert type(error).__name__ == "ProgramError", error
print(*sorted(set(sys.modules) - before))
"""
"""Start programs in all of our ways, and print what that has imported."""


def _run(code: str, *, path: Path | None = None) -> str:
    before = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    done = subprocess.run(
        [sys.executable, "-c", before + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_programs_start_without_asyncio() -> None:
    """The installed sh needs nothing of it: if this fails, a new sh needs more than it is given."""
    imported = _run(_START).split()
    assert "sh" in imported
    heavy = {"asyncio", "importlib.metadata", "ssl", "email", "subprocess", "zipfile", "csv"}
    assert heavy.isdisjoint(imported)


def test_what_else_is_imported_is_real() -> None:
    """After the import of sh everybody gets the real modules, sh, too, if it needs more."""
    _run(
        _START
        + """
import asyncio, importlib.metadata
from importlib import metadata
assert metadata is importlib.metadata
assert metadata.version("sh") and metadata.PackageNotFoundError is not ModuleNotFoundError
known = sys.modules["sh"].Command.__init__.__globals__
assert known["asyncio"].Event is asyncio.Event
assert isinstance(known["AQueue"](maxsize=1), asyncio.Queue)
async def hello():
    return await lean_imports.sh().Command("/bin/echo")("hello", _async=True, _return_cmd=True)
assert str(asyncio.run(hello())) == "hello\\n"
"""
    )


def test_asyncio_that_is_there_is_used() -> None:
    """Who has imported it before shares it with sh."""
    _run(
        """
import asyncio
from fluxstatus.cluster import lean_imports
assert lean_imports.sh().Command.__init__.__globals__["asyncio"] is asyncio
"""
    )


@pytest.mark.parametrize("needs", ["from asyncio import Lock", "import asyncio; asyncio.Lock()"])
def test_a_new_sh_that_needs_more_gets_it(tmp_path: Path, needs: str) -> None:
    """It is imported a second time, with the real modules."""
    (tmp_path / "sh.py").write_text(f"{needs}\nfrom importlib import metadata\nOK = True\n")
    _run(
        """
from fluxstatus.cluster import lean_imports
sh = lean_imports.sh()
assert sh.OK
import asyncio, importlib.metadata
assert sh.metadata is importlib.metadata and asyncio.Lock
""",
        path=tmp_path,
    )


def test_without_sh_there_is_the_reason(tmp_path: Path) -> None:
    """A broken sh is reported as itself, and leaves nothing."""
    (tmp_path / "sh.py").write_text("import no_such_module\n")
    _run(
        """
from fluxstatus.cluster import lean_imports
try:
    lean_imports.sh()
except ModuleNotFoundError as error:
    assert error.name == "no_such_module"
assert not {"sh", "asyncio", "importlib.metadata"} & set(sys.modules)
""",
        path=tmp_path,
    )


def test_the_client_needs_no_ssl() -> None:
    """The socket of kubectl needs none; whoever needs ssl afterwards gets it."""
    code = """
import sys
import fluxstatus.cluster.client
assert "ssl" not in sys.modules
import ssl
assert ssl.create_default_context
import urllib.request
"""
    _run(code)


def test_ssl_that_is_there_is_used() -> None:
    """Who has imported it before has the whole http.client."""
    _run("import ssl, fluxstatus.cluster.client, http.client; assert http.client.HTTPSConnection")
