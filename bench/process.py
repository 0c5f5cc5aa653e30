"""A process with all its children, timed, and the most memory that they held together."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_SECONDS = 0.05
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Finished:
    stdout: str
    seconds: float
    peak_mb: float


def run(command: list[str], environment: dict[str, str]) -> Finished:
    """Raises `SystemExit` with what it said if it failed."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        peak = _Peak(process.pid)
        peak.start()
        stdout, stderr = process.communicate()
        seconds = time.perf_counter() - began
        peak.is_over.set()
        peak.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{stderr[-2000:]}")
    return Finished(stdout, seconds, peak.bytes / 2**20)


class _Peak(threading.Thread):
    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.bytes = 0
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(LOOK_EVERY_SECONDS):
            self.bytes = max(self.bytes, _held(self.root))


def resident_mb(root: int) -> float:
    """What a process and its children hold now."""
    return _held(root) / 2**20


def _held(root: int) -> int:
    return sum(_resident(pid) for pid in _tree(root))


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += map(int, task.read_text(encoding="ascii").split())
        except OSError:  # It ended meanwhile.
            continue
    return children


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0
