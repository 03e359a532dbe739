"""Pass what comes over a Unix socket on to a local port: what `kubectl proxy` does, and no more.

    python forward.py PORT proxy --unix-socket=PATH ...

Whatever ends a connection at one side ends it at the other.
"""

import contextlib
import socket
import sys
import threading


def serve(port: int, path: str) -> None:
    """Take connections at *path* until somebody ends this process."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(16)
        while True:
            client, _ = server.accept()
            upstream = socket.create_connection(("127.0.0.1", port))
            for ends in ((client, upstream), (upstream, client)):
                threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    flag = "--unix-socket="
    serve(int(sys.argv[1]), next(a.removeprefix(flag) for a in sys.argv if a.startswith(flag)))
