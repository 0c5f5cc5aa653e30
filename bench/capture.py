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
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "capture.json"
README = HERE / "README.md"
CLIENTS = (
    "httpx", "httpx2", "inkledger over httpx", "inkledger over httpx2", "inkledger client",
    "httpx + OpenTelemetry span", "openai", "openrouter", "langfuse", "litellm",
)  # fmt: skip
MODES = ("sequential", "sequential streamed", "64 in flight", "64 in flight streamed")
LIBRARIES = ("httpx", "httpx2", "openai", "openrouter", "langfuse", "litellm", "opentelemetry-sdk")
CALLS = {"sequential": 300, "64 in flight": 512}

Measured = dict[str, dict[str, list[dict[str, float]]]]


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
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(HERE)))}
    finished = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if not finished.stdout.strip():
        raise SystemExit(f"{script} {' '.join(arguments)} failed:\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout.strip().splitlines()[-1])


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def summary(measured: Measured) -> dict[str, Any]:
    """Mode → client → CPU µs a call, and its ratio to bare httpx of the same round."""
    table: dict[str, Any] = {}
    for mode, clients in measured.items():
        bare = [each["cpu_us"] for each in clients["httpx"]]
        table[mode] = {
            name: {
                "cpu_us": spread([each["cpu_us"] for each in rounds]),
                "ratio": spread(_ratios(rounds, bare)),
                "import_seconds": statistics.median(each["import_seconds"] for each in rounds),
                "end_mb": statistics.median(each["end_mb"] for each in rounds),
            }
            for name, rounds in clients.items()
        }
    return table


def _ratios(rounds: list[dict[str, float]], bare: list[float]) -> list[float]:
    return [each["cpu_us"] / one for each, one in zip(rounds, bare, strict=True)]


def tables(result: dict[str, Any]) -> Iterator[str]:
    yield f"Python {result['python']}, {result['cores']} cores; " + ", ".join(
        f"{name} {number}" for name, number in result["versions"].items()
    )
    for mode, clients in result["clients"].items():
        yield f"\n### {mode.capitalize()}\n\n| client | CPU µs a call | × httpx | import s | MB |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for name, row in sorted(clients.items(), key=lambda item: item[1]["cpu_us"]["median"]):
            cpu, ratio = row["cpu_us"], row["ratio"]
            yield (
                f"| {name} | {cpu['median']:,.0f} [{cpu['low']:,.0f}..{cpu['high']:,.0f}] "
                f"| {ratio['median']:.2f} [{ratio['low']:.2f}..{ratio['high']:.2f}] "
                f"| {row['import_seconds']:.2f} | {row['end_mb']:.0f} |"
            )
    alone = result["alone"]
    recording, one_span = alone["recording"], alone["OpenTelemetry span"]
    yield "\n### Recording alone\n\n| what | measured |\n| --- | ---: |"
    yield f"| one event (a line of the spool) | {recording['event_us']:.1f} µs |"
    yield (
        f"| one attempt (three events) | {recording['attempt_us']:.1f} µs "
        f"[{recording['low']:.1f}..{recording['high']:.1f}] |"
    )
    yield (
        f"| one OpenTelemetry span | {one_span['span_us']:.1f} µs "
        f"[{one_span['low']:.1f}..{one_span['high']:.1f}] |"
    )
    seconds = alone["import"]["seconds"]
    yield f"| `from ingest import OpenRouter, Recorder, attribute` | {seconds:.3f} s |"
    yield f"| resident after a thousand calls | {alone['memory']['after_1000_mb']:.0f} MB |"
    yield (
        f"| resident after {alone['memory']['attempts']:,} calls "
        f"| {alone['memory']['end_mb']:.0f} MB |"
    )
    yield "\n### Spool\n\n| writer | µs an event |\n| --- | ---: |"
    for name, row in alone["spool"].items():
        yield f"| {name} | {row['wall_us']:.1f} [{row['low']:.1f}..{row['high']:.1f}] |"


def write_readme(lines: Iterator[str]) -> str:
    text = "\n".join(lines) + "\n"
    before, begin, rest = README.read_text(encoding="utf-8").partition("<!-- tables -->\n")
    _, end, after = rest.partition("<!-- /tables -->")
    README.write_text(before + begin + text + end + after, encoding="utf-8")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--attempts", type=int, default=100_000, help="of the memory run")
    options = parser.parse_args()
    result = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in LIBRARIES},
        "alone": measure_alone(options.attempts),
        "clients": summary(measure_clients(options.rounds)),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(write_readme(tables(result)))


if __name__ == "__main__":
    main()
