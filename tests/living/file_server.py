"""A server of Helm charts and OCI artifacts over HTTP on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from .http_server import NOT_FOUND, PRIVATE, UNAUTHORIZED, Answer, HttpServer, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.cncf.flux.config.v1+json"
_REGISTRY = "/v2/"
_CONTENT = "application/vnd.cncf.flux.content.v1.tar+gzip"

NO_MANIFEST = Answer(404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}')


class FileServer(HttpServer):
    """A server of the files that it is given, by path."""

    def __init__(self) -> None:
        super().__init__(self._find)
        self._files: dict[str, tuple[str, bytes]] = {_REGISTRY: ("application/json", b"{}")}

    def charts(self, name: str, *versions: str, private: bool = False) -> str:
        """Serve a repository with the *versions* of a chart app, and return its URL."""
        path = f"{PRIVATE if private else '/'}{name}"
        entries = []
        for version in versions:
            chart = {"apiVersion": "v2", "name": "app", "version": version}
            file = f"app-{version}.tgz"
            self._put(f"{path}/{file}", "application/gzip", _archive({"app/Chart.yaml": chart}))
            entries.append({**chart, "urls": [file]})
        index = {"apiVersion": "v1", "entries": {"app": entries}}
        self._put(f"{path}/index.yaml", "application/yaml", json.dumps(index).encode())
        return self.url + path

    def artifact(
        self, name: str, *tags: str, private: bool = False, content: bytes | None = None
    ) -> str:
        """Serve an artifact with *tags* and the *content* of a .tar.gz, and return its URL."""
        repository = f"{PRIVATE[1:] if private else ''}{name}"
        archive = _archive({"app/settings.yaml": {}}) if content is None else content
        layer = self._blob(repository, _CONTENT, archive)
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._blob(repository, _CONFIG, b"{}"),
            "layers": [layer],
        }
        text = json.dumps(manifest).encode()
        for reference in (*tags, _digest(text)):
            self._put(f"/v2/{repository}/manifests/{reference}", _MANIFEST, text)
        listed = json.dumps({"name": repository, "tags": list(tags)}).encode()
        self._put(f"/v2/{repository}/tags/list", "application/json", listed)
        return f"oci://{self.host}/{repository}"

    def _blob(self, repository: str, media_type: str, content: bytes) -> dict[str, Any]:
        digest = _digest(content)
        self._put(f"/v2/{repository}/blobs/{digest}", "application/octet-stream", content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _put(self, path: str, media_type: str, content: bytes) -> None:
        self._files[path] = (media_type, content)

    def _find(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if path == _REGISTRY and "Authorization" not in request.headers:
            return UNAUTHORIZED  # as a registry does: clients try without a login, too
        if path not in self._files:
            return NO_MANIFEST if "/manifests/" in path else NOT_FOUND
        media_type, content = self._files[path]
        headers = {"Content-Type": media_type, "Docker-Content-Digest": _digest(content)}
        return Answer(200, headers, content)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _archive(files: Mapping[str, object]) -> bytes:
    """Return a .tar.gz with *files* as JSON, which is YAML, too."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path, content in files.items():
            text = json.dumps(content).encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return gzip.compress(written.getvalue(), mtime=0)
