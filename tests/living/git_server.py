"""A Git server over HTTP on loopback: git's own http-backend behind Python's HTTP server."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSWORD = "correct-horse"
"""What the user ``git`` logs in with where a repository is private."""

_PRIVATE = "/private/"
_LOGIN = "Basic " + base64.b64encode(f"git:{PASSWORD}".encode()).decode()

_AUTHOR = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "gc.auto=0"]
# The settings of whoever runs the tests must not change what is committed.
_UNSET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Repository:
    """A Git repository at *url*, with its files in *folder*."""

    def __init__(self, git_dir: Path, folder: Path, url: str) -> None:
        self.url = url
        self._folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main", f"--separate-git-dir={git_dir}")

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Commit *files*, by their paths, and return the commit; None removes a file."""
        for path, text in files.items():
            file = self._folder / path
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message=Change")
        return self._git("rev-parse", "HEAD").strip()

    def branch(self, name: str) -> None:
        """Make the branch *name* from the newest commit."""
        self._git("branch", name)

    def tag(self, name: str) -> None:
        """Tag the newest commit with *name*."""
        self._git("tag", name)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *_AUTHOR, *arguments],
            cwd=self._folder,
            env=os.environ | _UNSET,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


class GitServer:
    """Serves repositories, which it keeps in *folder*, as long as its ``with`` block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = folder / "served"
        self._root.mkdir(parents=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self._root))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def repository(
        self, name: str, files: Mapping[str, str] | None, *, private: bool = False
    ) -> Repository:
        """Return a new repository *name* with *files* on its branch main; None: no commit yet."""
        path = f"{_PRIVATE if private else '/'}{name}.git"
        git_dir = self._root / path[1:]
        git_dir.parent.mkdir(exist_ok=True)
        repository = Repository(git_dir, self._folder / "files" / name, self.url + path)
        if files is not None:
            repository.commit(files)
        return repository


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to git http-backend, as a web server does by CGI."""

    def __init__(self, root: Path, *more: object) -> None:
        self._root = root
        super().__init__(*more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with the references of a repository."""
        if self.path.startswith(_PRIVATE) and self.headers.get("Authorization") != _LOGIN:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._hand_over()

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def _hand_over(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            "GIT_PROJECT_ROOT": str(self._root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=os.environ | _UNSET | environment,
            capture_output=True,
            check=False,
        ).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing: a test that fails shows the controller's words."""
