"""Run many command lines of one checkout in this process: python worker.py CHECKOUT.

Standard input is a JSON list of command lines; standard output becomes the list of their exit
codes, outputs and errors. runs.py starts this, in an environment without kubectl or a kubeconfig.
"""

import io
import json
import os
import shlex
import sys
import traceback
from typing import NoReturn

CHECKOUT = sys.argv[1]
sys.path.insert(0, CHECKOUT)

from fluxstatus import __main__ as program  # noqa: E402 - the one of that checkout


def leave(status: int) -> NoReturn:
    """End one run instead of this process."""
    raise SystemExit(status)


def run(line: str) -> tuple[int, str, str]:
    """Return the exit code, the output and the errors of `kubectl flux-status LINE`."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO()), out, err
    sys.argv = ["kubectl-flux_status", *shlex.split(line)]
    code = 0
    try:
        program.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - a crash is a result, too
        traceback.print_exc(file=err)
        code = 1
    return int(code), _written(out), _written(err)


def _written(stream: io.TextIOWrapper) -> str:
    """Return the text in *stream*, without the names of folders that differ between runs."""
    stream.seek(0)
    return stream.read().replace(CHECKOUT, "CHECKOUT").replace(os.environ["HOME"], "HOME")


if __name__ == "__main__":
    lines, output = json.load(sys.stdin), sys.stdout
    os._exit = leave  # the program ends with it
    json.dump([run(line) for line in lines], output)
    output.flush()
