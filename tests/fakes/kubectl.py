"""A fake kubectl: its proxy leads to a server of the test, and its arguments are recorded."""

import sys
from pathlib import Path

from tests.fakes.programs import program

_FORWARD = Path(__file__).with_name("forward.py")
_SCRIPT = """
trap '' XFSZ  # so that a test may limit the size of files; the record is lost then
printf '%s\\n' "$@" >'{folder}/asked.'$$
for command; do case $command in -*) ;; *) break ;; esac; done  # flags may come first
[ -e '{folder}'/instead ] && . '{folder}'/instead
case $command in
    proxy) exec '{python}' -I -S '{forward}' {port} "$@" ;;
    config) cat "$KUBECONFIG" ;;
    version) echo 'Client Version: v1.37.2' ;;
    *) echo "error: unknown command \\"$command\\"" >&2; exit 1 ;;
esac
"""


class Kubectl:
    """A kubectl in *folder* that knows `proxy`, `config view` and `version`.

    Its proxy leads to the *port*. `config view` prints the file of $KUBECONFIG, which must be JSON.
    """

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        self._folder, self._port = folder, port
        fields = {"folder": folder, "python": sys.executable, "forward": _FORWARD, "port": port}
        self.path = program(folder / "kubectl", _SCRIPT.format_map(fields))

    def asked(self, command: str) -> list[list[str]]:
        """Return the arguments of each call of a *command*."""
        calls = [file.read_text().splitlines() for file in self._folder.glob("asked.*")]
        return [words for words in calls if words[:1] == [command]]

    def processes(self, command: str) -> list[int]:
        """Return the process IDs of the calls of a *command*."""
        return [
            int(file.suffix.removeprefix("."))
            for file in self._folder.glob("asked.*")
            if file.read_text().startswith(f"{command}\n")
        ]

    def real(self, kubectl: Path, command: str = "proxy") -> None:
        """Use a real *kubectl* for a *command* from now on."""
        server = f"http://127.0.0.1:{self._port}"
        self.instead(command, f"exec '{kubectl}' --server={server} \"$@\"")

    def instead(self, command: str, script: str) -> None:
        """Run the shell *script* before a *command*, or in place of it if the script exits.

        A *command* is a pattern of `case`.
        """
        (self._folder / "instead").write_text(f"case $command in {command})\n{script}\n;; esac\n")
