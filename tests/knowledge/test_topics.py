"""Only the tables that may be about an object are imported, and no rule is missed thereby."""

import pkgutil
import subprocess
import sys

from fluxstatus import knowledge
from fluxstatus.knowledge.topics import TOPICS, table


def test_every_table_is_a_topic() -> None:
    """A table that nobody named here would never be used."""
    paths = knowledge.__path__
    names = {one.name for one in pkgutil.iter_modules(paths)}
    with_rules = {name for name in names if name not in {"tables", "topics"} and _has_rules(name)}
    assert with_rules == {*TOPICS, "pods", "custom_objects"}


def _has_rules(name: str) -> bool:
    try:
        return bool(table(name))
    except AttributeError:
        return False


def test_a_message_imports_only_the_tables_that_have_its_words() -> None:
    """The list of rules says which they are, and which parts of them; the others stay unread."""
    code = """
import sys
from datetime import UTC, datetime
from fluxstatus.knowledge import rule_for
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.resource import Resource
item = {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "web", "namespace": "apps"}}
message = "failed to checkout and determine revision: unable to clone: repository not found"
resource = Resource(KINDS["GitRepository"], item, datetime.now(UTC))
assert rule_for(Subject(resource, "GitOperationFailed", message, {})).rule.pattern.pattern
prefix = "fluxstatus.knowledge."
print(*(name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = set(done.stdout.split())
    assert "git.hosts" in imported
    assert imported.isdisjoint({"git.github_apps", "git.ssh", "cloud.azure", "transport.tls"})
    assert {"manifests", "releases", "decryption", "notifications"}.isdisjoint(imported)
