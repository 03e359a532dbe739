"""A Git server over HTTP and HTTPS on loopback: git's own http-backend behind Python's server."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING, Self

from tests.fakes.certificates import Authority

from .http_server import PRIVATE, Answer, HttpServer, Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_AUTHOR = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "gc.auto=0"]
# The settings of the user who runs the tests must not change what is committed.
_UNSET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Repository:
    """A Git repository at *url*, with its checkout in `folder`."""

    def __init__(self, git_dir: Path, folder: Path, url: str) -> None:
        self.url = url
        self.folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main", f"--separate-git-dir={git_dir}")

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Commit *files*, by their paths, and return the commit; None removes a file."""
        for path, text in files.items():
            file = self.folder / path
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message=Change")
        return self._git("rev-parse", "HEAD").strip()

    def branch(self, name: str) -> None:
        """Create the branch *name* at the newest commit."""
        self._git("branch", name)

    def tag(self, name: str) -> None:
        """Tag the newest commit with *name*."""
        self._git("tag", name)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *_AUTHOR, *arguments],
            cwd=self.folder,
            env=os.environ | _UNSET,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


class GitServer:
    """A server of repositories in *folder* while its ``with`` block lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = folder / "served"
        self._root.mkdir(parents=True)
        authority = Authority(folder / "authority")
        self.authority = authority.file.read_text()
        """The certificate of the authority that signed the one of ``secure_url``."""
        self._servers = (HttpServer(self._answer), HttpServer(self._answer, authority.issue("git")))
        self.url, self.secure_url = (server.url for server in self._servers)
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        for server in self._servers:
            self._running.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def repository(
        self, name: str, files: Mapping[str, str] | None, *, private: bool = False
    ) -> Repository:
        """Return a new repository *name* with *files* on its branch main; None: no commit yet."""
        path = f"{PRIVATE if private else '/'}{name}.git"
        git_dir = self._root / path[1:]
        git_dir.parent.mkdir(exist_ok=True)
        repository = Repository(git_dir, self._folder / "files" / name, self.url + path)
        if files is not None:
            repository.commit(files)
        return repository

    def _answer(self, request: Request) -> Answer:
        """Return what git http-backend answers to *request*, as a web server does with CGI."""
        path, _, query = request.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self._root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        answer = subprocess.run(
            ["git", "http-backend"],
            input=request.body,
            env=os.environ | _UNSET | variables,
            capture_output=True,
            check=False,
        ).stdout
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return Answer(int(headers.pop("Status", "200").split()[0]), headers, body)
