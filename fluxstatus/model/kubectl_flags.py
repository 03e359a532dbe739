"""The context and kubectl flags that commands in hints must repeat to reach the user's cluster."""

from collections.abc import Iterator, Mapping, Sequence

from fluxstatus.model.evidence import Target
from fluxstatus.model.findings import Finding
from fluxstatus.model.hints import Command, Hint

_HELM = {
    "kubeconfig": "kubeconfig",
    "context": "kube-context",
    "as": "kube-as-user",
    "as-group": "kube-as-group",
    "server": "kube-apiserver",
    "certificate-authority": "kube-ca-file",
    "tls-server-name": "kube-tls-server-name",
    "insecure-skip-tls-verify": "kube-insecure-skip-tls-verify",
}
_FLUX_OPERATOR = {
    "kubeconfig": "kubeconfig",
    **{
        flag: f"kube-{flag}"
        for flag in (
            "context", "as", "as-group", "as-uid", "server", "tls-server-name",
            "certificate-authority", "client-certificate", "client-key",
            "insecure-skip-tls-verify",
        )
    },
}  # fmt: skip
_NAMES: Mapping[str, Mapping[str, str] | None] = {
    "kubectl": None,  # its own names
    "flux": None,
    "flux-operator": _FLUX_OPERATOR,
    "flux-operator-mcp": _FLUX_OPERATOR,
    "helm": _HELM,
}
"""What other programs in a hint call kubectl's flags; flags that a program lacks are left out."""


LIVE = frozenset({
    "compare", "completion", "credentials", "fleet", "inventory", "list", "logs", "mcp",
    "preflight", "rbac", "ui", "version", "wait",
})  # fmt: skip
"""The commands of this program that do not read the snapshot of a report; fleet reads several."""

_LIVE_OPTIONS = frozenset({"--save", "--wait"})
"""The options of the check that cannot be used with a snapshot."""

_ON_FILES = frozenset({"compare"})
"""The commands of this program that read only files and no cluster."""

REMOTE_CONTEXT = "REMOTE_CLUSTER"
REMOTE = f"--context={REMOTE_CONTEXT}"
"""The context in a command about an object in a remote cluster, which only the user knows: other
flags than the kubeconfig are about another cluster."""

DEMO = ("--demo",)
"""The option that selects the bundled demo cluster. No kubeconfig has its context."""


class TargetFlags:
    """The target cluster of commands: its *context*, and the user's other kubectl *flags*.

    Flags are arguments of kubectl ("--kubeconfig=FILE", "--insecure-skip-tls-verify"). *saved* are
    the options with which this program reads the cluster from a file, if it does.
    """

    def __init__(
        self, context: str, flags: tuple[str, ...] = (), saved: tuple[str, ...] = ()
    ) -> None:
        self._context = context
        self._flags = flags
        self._saved = saved

    def finding(self, finding: Finding) -> Finding:
        """Return *finding* with the flags in every command of its hints."""
        if finding.hints:
            finding.hints = tuple(map(self.hint, finding.hints))
        return finding

    def hint(self, hint: Hint) -> Hint:
        """Return *hint* with the flags in every command."""
        return hint._replace(commands=tuple(map(self.command, hint.commands)))

    def command(self, command: Command) -> Command:
        """Return *command* with the flags; a program without such flags keeps its arguments."""
        program, *rest = command.argv
        target_flags = self
        if any(word.startswith("--context") for word in rest):  # it targets another cluster
            target_flags = TargetFlags("", self._flags)
        if rest[:1] == ["flux-status"]:  # kubectl takes no flag before a plugin's name
            return command._replace(argv=(*command.argv, *target_flags.own_words(rest[1:])))
        if (program, *rest[:2]) == ("flux", "migrate", "-f"):
            return command  # it changes the files in a checkout
        # about the file, whatever context or user is asked for
        if rest[:1] in (["config"], [REMOTE]):
            files = [flag for flag in self._flags if flag.startswith("--kubeconfig")]
            target_flags = TargetFlags("", tuple(files))
        words = tuple(target_flags.words(program))
        return command._replace(argv=(program, *words, *rest))

    def own_words(self, arguments: Sequence[str]) -> tuple[str, ...]:
        """Return the flags of this program for *arguments*: the same file, or the same cluster.

        A command that cannot read the demo gets none: it is for a cluster of the user.
        """
        if arguments[:1] and arguments[0] in _ON_FILES:
            return ()
        is_live = not LIVE.isdisjoint(arguments[:1]) or not _LIVE_OPTIONS.isdisjoint(arguments)
        if self._saved and is_live:
            return () if self._saved == DEMO else tuple(self.words("kubectl"))
        return self._saved or tuple(self.words("kubectl"))

    def words(self, program: str) -> Iterator[str]:
        """Yield the flags as *program* names them."""
        if program not in _NAMES:
            return
        names = _NAMES[program]
        if self._context:
            yield from _bound(f"--{names['context'] if names else 'context'}", self._context)
        for flag in self._flags:
            name, equals, value = flag.removeprefix("--").partition("=")
            known = names.get(name, "") if names else name
            if known:
                yield f"--{known}{equals}{value}"


def renamed(word: str, program: str) -> str:
    """Return *word* with the name that *program* has for it, if it is a flag of kubectl."""
    flag, equals, value = word.partition("=")
    known = (_NAMES[program] or {}).get(flag.removeprefix("--")) if flag[:2] == "--" else None
    return f"--{known}{equals}{value}" if known else word


def _bound(flag: str, value: str) -> tuple[str, ...]:
    """Return *flag* with its *value*, in one word if the value looks like a flag itself."""
    return (f"{flag}={value}",) if value.startswith("-") else (flag, value)


def for_target(target: Target) -> TargetFlags:
    """Return the flags with which commands address the cluster *target*."""
    return TargetFlags(target.context, target.flags, target.saved)
