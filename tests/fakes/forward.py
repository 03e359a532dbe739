"""Forward a Unix socket to a local port: the part of `kubectl proxy` that the tests need.

    python -I -S forward.py PORT proxy --unix-socket=PATH ...

A connection closed on one side is closed on the other. This starts once per test, and importing
`socket` and `threading` would take longer than all the rest: hence the modules beneath them.
"""

import _socket
import _thread
import sys

_AT_ONCE = 1 << 16  # bytes


def serve(port: int, path: str) -> None:
    """Accept connections at *path* until the process is killed."""
    server = _socket.socket(_socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    while True:
        number, _ = server._accept()  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        client, upstream = _socket.socket(fileno=number), _socket.socket(_socket.AF_INET)
        upstream.connect(("127.0.0.1", port))
        _thread.start_new_thread(_pass_on, (client, upstream))
        _thread.start_new_thread(_pass_on, (upstream, client))


def _pass_on(source: _socket.socket, target: _socket.socket) -> None:
    try:
        while data := source.recv(_AT_ONCE):
            target.sendall(data)
    except OSError:
        pass  # the connection has ended
    for end in (source, target):
        try:  # noqa: SIM105 - contextlib takes time to import, too
            end.shutdown(_socket.SHUT_RDWR)
        except OSError:
            pass  # so has that side


if __name__ == "__main__":
    flag = "--unix-socket="
    serve(int(sys.argv[1]), next(a.removeprefix(flag) for a in sys.argv if a.startswith(flag)))
