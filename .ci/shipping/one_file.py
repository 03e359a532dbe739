"""Build the one-file program: the launcher's shell script, and a zip file of what the archive has.

Python runs a zip file that begins with something else (zipapp). What it does at its first start is
in fluxstatus/one_file.py.
"""

import io
import re
import zipfile
from collections.abc import Mapping

from fluxstatus.one_file import COMPLETE
from shipping.version import ROOT

_LAUNCHER = ROOT / "kubectl-flux_status"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can have

_SHELL = f"""\
#!/bin/sh
# kubectl flux-status in one file: a shell script and a zip file. The shell finds a Python and runs
# with it what was unpacked into the cache folder, else this file, which unpacks itself if it can.
flags=-EsS # ignore the user's PYTHON* variables, user site and installed packages
program=$0
home=$HOME cache=$HOME/.cache
case $XDG_CACHE_HOME in
/*) home=$XDG_CACHE_HOME cache=$XDG_CACHE_HOME ;;
esac
unpacked=$cache/kubectl-flux-status/@IDENTITY@
# shellcheck disable=SC3067 # dash, bash, ksh, zsh and busybox have -O
if [ -O "$home" ] && [ -O "$cache" ] && [ -O "${{unpacked%/*}}" ] &&
    [ -O "$unpacked/{COMPLETE}" ]; then
    case $0 in
    */flux-status | flux-status) program=$unpacked/flux-status ;;
    *) program=$unpacked/kubectl-flux_status ;;
    esac
fi
"""
"""What the shell does instead of looking for lib/ beside the file."""

_PYTHON = """\
sys.path[0] = os.path.abspath(sys.path[0]) + "/lib"
from fluxstatus.one_file import start

start("@IDENTITY@")

from fluxstatus.__main__ import main

main()
"""
"""What Python does instead of looking for lib/ beside the file."""

_PARTS = re.compile(
    r".*# Up to the blank line.*?\n(?P<shell>\n.*)'''\n(?P<python>.*\n)# From here on, .*",
    re.DOTALL,
)


def build(files: Mapping[str, bytes], identity: str) -> bytes:
    """Return the program with *files*, those of the archive; *identity* stands for them."""
    parts = _PARTS.fullmatch(_LAUNCHER.read_text(encoding="utf-8"))
    if parts is None:
        raise ValueError("the launcher does not have the parts that the one-file program takes")
    shell = _SHELL.replace("@IDENTITY@", identity) + parts["shell"]
    python = parts["python"] + _PYTHON.replace("@IDENTITY@", identity)
    file = io.BytesIO(shell.encode())
    file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, text in (("__main__.py", python.encode()), *sorted(files.items())):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = 3  # of any system, Unix
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
    return file.getvalue()
