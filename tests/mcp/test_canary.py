"""What an MCP server makes of a made-up Secret; the real server is in tests/live."""

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.mcp import canary as module
from fluxstatus.mcp.canary import Canary, Masking, masking, serving
from fluxstatus.mcp.protocol import Session
from tests.fakes.kubeconfigs import kubeconfig
from tests.fakes.mcp_servers import mcp_server


def tried(tmp_path: Path, **about: object) -> tuple[Masking, str]:
    """Return what a server that is *about* that makes of the Secret."""
    server = mcp_server(tmp_path / "server", tools=[module.TOOL], **about)
    with serving("prod") as canary:
        environ = {"PATH": "/usr/bin:/bin", "KUBECONFIG": canary.kubeconfig}
        with Session([str(server)], environ, Deadline(300)) as session:
            return masking(session, canary)


@pytest.mark.parametrize(
    ("secrets", "expected", "why"),
    [
        ("masked", Masking.MASKED, ""),
        ("shown", Masking.SHOWN, ""),
        ("annotated", Masking.SHOWN, ""),
        ("none", Masking.UNKNOWN, "it did not return the Secret"),
    ],
)
def test_a_secret_comes_back_masked_or_not(
    tmp_path: Path, secrets: str, expected: Masking, why: str
) -> None:
    """Only asterisks in place of the value are a proof; a copy in an annotation is no less bad."""
    assert tried(tmp_path, secrets=secrets) == (expected, why)


def test_who_does_not_follow_is_asked_for_no_secret(tmp_path: Path) -> None:
    """A server that reads another kubeconfig may see a real cluster: it is asked for nothing."""
    other = kubeconfig(tmp_path / "other")
    found = tried(tmp_path, kubeconfig=str(other))
    assert found == (Masking.UNKNOWN, "it does not use the kubeconfig in $KUBECONFIG")
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    kinds = [one["params"]["arguments"]["kind"] for one in asked if one["method"] == "tools/call"]
    assert kinds == ["ConfigMap"]


def get(canary: Canary, path: str) -> dict[str, object]:
    """Return what the API server of *canary* has at *path*."""
    config = json.loads(Path(canary.kubeconfig).read_text())
    with urlopen(config["clusters"][0]["cluster"]["server"] + path) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_it_has_nothing_else() -> None:
    """It listens on loopback, keeps the context's name, and is gone after the block."""
    with serving("prod") as canary:
        config = json.loads(Path(canary.kubeconfig).read_text())
        assert config["current-context"] == config["contexts"][0]["name"] == "prod"
        assert config["users"] == [{"name": "prod", "user": {}}]
        assert config["clusters"][0]["cluster"]["server"].startswith("http://127.0.0.1:")
        assert Path(canary.kubeconfig).parent.stat().st_mode & 0o077 == 0
        secret = get(canary, f"/api/v1/namespaces/{canary.name}/secrets/{canary.name}")
        assert canary.forms[1] in json.dumps(secret)
        for path in ("/api/v1/secrets", "/api/v1/namespaces/default/secrets", "/x"):
            with pytest.raises(HTTPError, match="404"):
                get(canary, path)
    assert not Path(canary.kubeconfig).parent.exists()


def test_each_has_a_name_of_its_own() -> None:
    """No cluster has an object of that name, whatever the server asks."""
    with serving("") as one, serving("") as other:
        assert len({*one.forms, one.name, one.public, *other.forms, other.name, other.public}) == 8
