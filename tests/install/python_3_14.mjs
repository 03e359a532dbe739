// Run the program in FOLDER with CPython 3.14 compiled for WebAssembly, which can start no program.
// node python_3_14.mjs FOLDER ARGUMENT…
import { createRequire } from "node:module";
import { writeSync } from "node:fs";

const [folder, ...words] = process.argv.slice(2);
const { loadPyodide } = createRequire(`${process.cwd()}/`)("pyodide");
const write = (to) => ({ write: (bytes) => writeSync(to, bytes) });
const python = await loadPyodide({ env: { COLUMNS: "100", HOME: "/home", PYTHONHASHSEED: "1" } });
python.setStdout(write(1));
python.setStderr(write(2));
python.FS.mkdirTree("/program");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/program");
python.globals.set("words", python.toPy(words));
process.exitCode = await python.runPythonAsync(`
import sys
assert sys.version_info[:2] == (3, 14), sys.version
sys.path.insert(0, "/program/lib")
sys.argv = ["/program/kubectl-flux_status", *words]
from fluxstatus.cli import run
try:
    run()
    code = 0
except SystemExit as end:
    code = end.code or 0
sys.stdout.flush()
code
`);
