"""Somebody who follows a page word for word, in a folder of their own beside the simulator."""

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import duckdb

from ingest.settings import OPENROUTER_BASE_URL
from tests.manual.blocks import PROJECT, Block

PATIENCE_SECONDS = 120
DEMO = "demo args=--no-serve"
PRELUDE = f"""
set -euo pipefail
make() {{
    if [ "$*" = "{DEMO}" ]; then
        cp --recursive "$SUITE_DEMO/home" "${{INKLEDGER_HOME:-data}}"
        cat "$SUITE_DEMO/printed"
    else
        command make --directory "$SUITE_CHECKOUT" "$@"
    fi
}}
"""
"""The suite has made the demo already, by the command that make would run, as a test holds. What
else is made is made in the real checkout: its environment must not learn of a folder that goes."""
OF_OTHERS = re.compile(r"^(?:from|import) (?:langchain_openrouter|litellm|pydantic_ai)\b", re.M)
"""Clients that are not in the project's own environment, but in `.venv-clients`."""
OURS = re.compile("OPENROUTER|INKLEDGER")
KEPT_SECRET = re.compile(r"^export (\w+)=…", re.M)
"""Where a page leaves a secret out, ours stands in the environment already."""


class Reader:
    """Does what the blocks of one page say, one after the other.

    The folder looks like a checkout whose environment is active, and holds no data.
    """

    def __init__(self, folder: Path, base_url: str, demo_home: Path) -> None:
        self.folder, self.base_url = folder, base_url
        for entry in PROJECT.iterdir():
            if entry.name not in {".git", ".site", "data", "ledger"}:
                (folder / entry.name).symlink_to(entry)
        self.begun: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not OURS.match(name)},
            "PATH": f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            "PWD": str(folder),
            "OPENROUTER_BASE_URL": base_url,
            "OPENROUTER_API_KEY": "sk-or-v1-reader",
            "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "SUITE_DEMO": str(demo_home.parent),
            "SUITE_CHECKOUT": str(PROJECT),
        }

    def meet(self, back_office: str, programs: Path) -> None:
        """Have an empty database of one's own, and its programs at hand."""
        self.environment["BACK_OFFICE"] = back_office
        self.environment["PATH"] += f"{os.pathsep}{programs}"

    def follow(self, block: Block) -> str:
        """Do it and give what it printed, both streams as a terminal shows them."""
        if block.is_saved:
            assert block.title is not None
            self.here.joinpath(block.title).write_text(block.text)
            return ""
        match block.language:
            case "python":
                interpreter = ".venv-clients" if OF_OTHERS.search(block.text) else ".venv"
                program = self.folder / "block.py"
                program.write_text(block.text.replace(OPENROUTER_BASE_URL, self.base_url))
                python = str(PROJECT / interpreter / "bin" / "python")
                return self._run([python, "-W", "error", str(program)], block)
            case "sql":
                return self._ask(block.text)
        script = KEPT_SECRET.sub("", block.text)
        state = self.folder / "state"
        printed = self._run(["bash", "-c", f"{PRELUDE}{script}\nenv -0 >{state}"], block)
        if state.exists():
            lines = state.read_text().rstrip("\0").split("\0")
            self.environment = dict(line.split("=", 1) for line in lines)
        return printed

    @property
    def here(self) -> Path:
        return Path(self.environment["PWD"])

    @property
    def home(self) -> Path:
        return self.here / self.environment.get("INKLEDGER_HOME", "data")

    def leave(self) -> None:
        """End what the page left running."""
        for process in self.begun:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ask(self, sql: str) -> str:
        with duckdb.connect(self.home / "warehouse.duckdb", read_only=True) as warehouse:
            warehouse.execute("set TimeZone = 'UTC'")
            answers = [
                warehouse.sql(statement) for statement in sql.split(";") if statement.strip()
            ]
            return "".join(str(answer) for answer in answers)

    def _run(self, command: list[str], block: Block) -> str:
        printed = self.folder / "printed"
        with printed.open("w") as output:
            process = subprocess.Popen(
                command, cwd=self.here, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.begun.append(process)
        if block.until is not None:
            self._interrupt_after(block.until, process, printed)
        try:
            ended = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end; it printed:\n{printed.read_text()}") from None
        # What serves ends with the code of an interruption, or says that it stopped.
        allowed = {0} if block.until is None else {0, 130, -signal.SIGINT}
        assert ended in allowed, f"it ended with {ended} and printed:\n{printed.read_text()}"
        return printed.read_text()

    def _interrupt_after(self, word: str, process: "subprocess.Popen[bytes]", said: Path) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while word not in said.read_text():
            assert time.monotonic() < give_up, f"it never said {word}: {said.read_text()}"
            assert process.poll() is None, f"it ended before it said {word}: {said.read_text()}"
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)


def is_what_it_prints(expected: str, printed: str) -> bool:
    """Whether they are the same but for `…`: any words, or as a line of its own any lines."""
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    patterns = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*?") + "\n"
        for line in lines
    ]
    got = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch("".join(patterns), got) is not None
