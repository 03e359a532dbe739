"""Start the program as often as asked, from a process that has imported it already.

    python -c 'from tests import fork_server; fork_server.run(NUMBER)'

Each message at the socket NUMBER is a run: module, arguments, environment and folder; its file
descriptors are standard input, output and error, and where to write how the run ended. A child is
forked for it, which gets all of this as a program does and then goes on as `python -m MODULE`: only
what happens before is shared. tests/forking.py has the other side.
"""

# ruff: noqa: PLC0415 - the program is imported as fluxstatus/__main__.py does it

import marshal
import os
import select
import signal
import socket
import sys

_MOST = 1 << 20  # bytes of a message
_ERROR = 2  # the number of standard error


def run(number: int) -> None:
    """Serve at the socket *number* until it is closed; in a child, be the program."""
    preload()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, and for the children
    if module := _serve(socket.socket(fileno=number)):
        from runpy import _run_module_as_main  # type: ignore[attr-defined]

        _run_module_as_main(module)


def preload() -> None:
    """Import what each look at a live cluster imports, in the order of `fluxstatus.__main__`."""
    from fluxstatus.base.late_modules import postpone

    postpone()
    import fluxstatus.cli
    import fluxstatus.cluster.collector
    import fluxstatus.cluster.proxy  # noqa: F401
    from fluxstatus.cluster import lean_imports
    from fluxstatus.commands import progress

    lean_imports.sh()
    progress._get_ready()  # noqa: SLF001 - there it is done while kubectl starts


def _serve(requests: socket.socket) -> str:
    """Return in each child the module to run; nothing after the last of *requests* has ended."""
    poll, running = select.poll(), dict[int, tuple[int, int]]()
    poll.register(requests, select.POLLIN)
    is_open = True
    while is_open or running:
        for number, _ in poll.poll():
            if number in running:
                poll.unregister(number)
                _report(number, *running.pop(number))
                continue
            message, descriptors, *_ = socket.recv_fds(requests, _MOST, _ERROR + 2)
            if not message:
                poll.unregister(requests)
                is_open = False
                continue
            child = os.fork()
            if not child:
                requests.detach()
                return _become(marshal.loads(message), descriptors)
            *streams, result = descriptors
            for stream in streams:
                os.close(stream)
            end = os.pidfd_open(child)
            running[end] = child, result
            poll.register(end, select.POLLIN)
    return ""


def _report(end: int, child: int, result: int) -> None:
    os.close(end)
    _, status = os.waitpid(child, 0)
    os.write(result, b"%d" % os.waitstatus_to_exitcode(status))
    os.close(result)


def _become(asked: tuple[str, list[str], dict[bytes, bytes], str], descriptors: list[int]) -> str:
    """Let this process be as if it had been started as *asked*, and return the module to run."""
    module, arguments, environ, folder = asked
    for number, descriptor in enumerate(descriptors[: _ERROR + 1]):
        os.dup2(descriptor, number)
    os.closerange(_ERROR + 1, os.sysconf("SC_OPEN_MAX"))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(environ)
    sys.path[0] = folder
    sys.argv = ["-m", *arguments]
    sys.orig_argv = [sys.executable, "-m", module, *arguments]
    return module
