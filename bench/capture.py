"""What recording costs, beside its peers, in one run: `make bench-capture`.

Each measurement is a fresh process; rounds are shuffled and interleaved, so that a noisy minute
meets everybody. Ratios are taken within a round. Writes bench/results/capture.json and the tables
of bench/README.md.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from readme import write_readme
from tables import MODES, Measured, goals, summary, tables

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "capture.json"
CLIENTS = (
    "httpx", "httpx2", "inkledger over httpx", "inkledger over httpx2", "inkledger client",
    "httpx + OpenTelemetry span", "openai", "openrouter", "langfuse", "litellm",
)  # fmt: skip
LIBRARIES = ("httpx", "httpx2", "openai", "openrouter", "langfuse", "litellm", "opentelemetry-sdk")
LONGEST_SECONDS = 120
HUNG: Counter[str] = Counter()
"""Measurements that hung, by client and mode: a stream that litellm drops is closed by Python's
collector, now and then while httpcore's pool holds the lock that this closing waits for."""
CALLS = {"sequential": 300, "64 in flight": 512}


def measure_clients(rounds: int) -> Measured:
    """Mode → client → one measurement a round."""
    measured: Measured = {mode: defaultdict(list) for mode in MODES}
    for _ in range(rounds):
        jobs = [(mode, client) for mode in MODES for client in CLIENTS]
        random.shuffle(jobs)
        for mode, client in jobs:
            with serving(0.25 if mode.startswith("64") else 0.0) as url:
                calls = CALLS[mode.removesuffix(" streamed")]
                measured[mode][client].append(run("clients.py", client, mode, url, str(calls)))
        sys.stderr.write(".")
        sys.stderr.flush()
    sys.stderr.write("\n")
    return measured


def measure_alone(attempts: int) -> dict[str, Any]:
    """Recording without a network, imports, memory, and the spool beside SQLite."""
    imports = [run("alone.py", "import", "1") for _ in range(10)]
    return {
        "recording": run("alone.py", "recording", "3000"),
        "OpenTelemetry span": run("alone.py", "span", "3000"),
        "import": {name: statistics.median(each[name] for each in imports) for name in imports[0]},
        "memory": run("alone.py", "memory", str(attempts)),
        "spool": {
            "spool, process, 1 writer": run("alone.py", "spool", "20000", "process", "1"),
            "spool, process, 64 writers": run("alone.py", "spool", "20000", "process", "64"),
            "spool, disk, 1 writer": run("alone.py", "spool", "640", "disk", "1"),
            "spool, disk, 64 writers": run("alone.py", "spool", "3200", "disk", "64"),
            "SQLite WAL normal, 1 per commit": run("alone.py", "sqlite", "3000", "normal", "1"),
            "SQLite WAL full, 1 per commit": run("alone.py", "sqlite", "640", "full", "1"),
            "SQLite WAL full, 64 per commit": run("alone.py", "sqlite", "6400", "full", "64"),
        },
    }


@contextmanager
def serving(latency_seconds: float) -> Iterator[str]:
    command = [sys.executable, str(HERE / "server.py"), str(latency_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/api/v1"
        finally:
            server.kill()


def run(script: str, *arguments: str) -> Any:
    """What one measurement printed. One that hangs is begun again, and counted in `HUNG`."""
    for _ in range(3):
        try:
            return _run(script, *arguments)
        except subprocess.TimeoutExpired:
            HUNG[" ".join(arguments[:2])] += 1
    raise SystemExit(f"{script} {' '.join(arguments)} hung three times.")


def _run(script: str, *arguments: str) -> Any:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))}
    finished = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS if script == "clients.py" else None,
    )
    if not finished.stdout.strip():
        raise SystemExit(f"{script} {' '.join(arguments)} failed:\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--attempts", type=int, default=100_000, help="of the memory run")
    options = parser.parse_args()
    alone, measured = measure_alone(options.attempts), measure_clients(options.rounds)
    result = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in LIBRARIES},
        "rounds": options.rounds,
        "alone": alone,
        "clients": summary(measured),
        "goals": goals(alone, measured),
        "hung": dict(HUNG),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(write_readme("tables", tables(result)))


if __name__ == "__main__":
    main()
