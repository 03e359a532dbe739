"""Modules that are imported late: what is saved, and that they are the real ones when needed."""

import subprocess
import sys

import pytest

# From 3.13 on, Python itself imports linecache for -c.
_RUN = (
    "import sys; begun = {*sys.modules};"
    "from fluxstatus.base.late_modules import _LATE, postpone; postpone(); "
)


def run(code: str) -> str:
    """Run *code* after the modules were postponed, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_imports_them_does_without() -> None:
    """Their importers leave them alone; if this fails, the table is too long."""
    code = (
        "import typer, shutil, urllib.parse, http.client;"
        "print(*(type(sys.modules[n]).__name__ for n in _LATE if n not in begun))"
    )
    assert set(run(code).split()) == {"_Late", "_Platform"}


@pytest.mark.parametrize(
    "code",
    [
        "import subprocess; assert subprocess.run(['true']).returncode == 0",
        "from ipaddress import ip_address; assert ip_address('::1').is_loopback",
        "import textwrap as t; t.indent('a', 'b'); from textwrap import TextWrapper",
        "import linecache; assert linecache.getline(linecache.__file__, 1)",
        "import io, tokenize as t; assert [*t.generate_tokens(io.StringIO('a').readline)]",
        "import inspect; assert inspect.getsource(inspect.getsource).startswith('def getsource')",
        (
            "import json, traceback\n"
            "try: json.loads('x')\n"
            "except ValueError: assert 'raise JSONDecodeError' in traceback.format_exc()"
        ),
        "import bz2, lzma; assert lzma.decompress(lzma.compress(bz2.compress(b'x')))",
        "import urllib.parse as u; assert u.urlsplit('http://[::1]:80/').hostname == '::1'",
        "import os, platform as p; assert p.system() == os.uname().sysname == p.uname().system",
        "import platform; assert platform.python_version_tuple()[0] == '3'",
        "import fnmatch, glob; assert fnmatch.fnmatch('a.py', '*.py') and glob.glob('/*')",
        "import calendar; assert calendar.timegm((1970, 1, 1, 1, 1, 1)) == 3661",
    ],
)
def test_they_are_the_real_ones(code: str) -> None:
    """Each is imported when it is used, by whatever form of import."""
    assert run(code) == ""


def test_a_missing_name_is_reported_as_ever() -> None:
    """The error is that of the module."""
    run(
        "import textwrap\ntry: textwrap.no_such\n"
        "except AttributeError as error: assert \"'textwrap'\" in str(error), error"
    )


def test_threads_may_use_one_first() -> None:
    """Several at the same time all get the real module."""
    run(
        "import ipaddress\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    found = [*pool.map(lambda _: ipaddress.ip_address, range(64))]\n"
        "import ipaddress\nassert {*found} == {ipaddress.ip_address}"
    )


def test_what_is_there_stays() -> None:
    """A module that was imported before is left alone."""
    code = "import textwrap; before = textwrap; from fluxstatus.base.late_modules import postpone; "
    code += "postpone(); import textwrap; assert textwrap is before"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
