"""What landing and building cost, beside the engine itself and peers: `make bench-warehouse`.

Each measurement is a fresh process; rounds are shuffled and interleaved. Writes
bench/results/warehouse.json and the tables of bench/README.md between their marks.
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import history
from process import Finished, run
from readme import write_readme
from tables import spread
from warehouse_tables import goals, tables

from ingest.lake import Lake
from ingest.settings import Home

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "warehouse.json"
PEERS = ROOT / ".venv-bench" / "bin" / "python"
COMMAND = str(Path(sys.executable).with_name("inkledger"))
LANDERS = ("inkledger", "duckdb", "pydantic", "dlt")
Measured = dict[str, list[dict[str, float]]]
"""What was measured → one measurement a round."""


class Bench:
    """Everything below one folder, which is gone afterwards."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds

    def landing(self, attempts: int) -> dict[str, Any]:
        """Ways to land the same lines: one an attempt, and the three that a spool really has."""
        days = max(1, attempts // history.ATTEMPTS_A_DAY)
        table: dict[str, Any] = {}
        for name, ends_only in (("one line an attempt", True), ("three lines an attempt", False)):
            lines, count = self._lines(days, ends_only=ends_only)
            ways = [each for each in LANDERS if ends_only or each in ("inkledger", "pydantic")]
            measured: Measured = defaultdict(list)
            for _ in range(self.rounds):
                for way in random.sample(ways, len(ways)):
                    measured[way].append(self._lander(way, lines))
            table[name] = {
                "line_count": count,
                "line_bytes": lines.stat().st_size / count,
                "ways": _summary(measured),
            }
            table[name]["ratio"] = _ratios(measured, "inkledger", "seconds")
            table[name]["cpu ratio"] = _ratios(measured, "inkledger", "cpu_seconds")
            lines.unlink()
        return table

    def sizes(self, attempts: int) -> dict[str, float]:
        """Bytes an attempt in the lake: as it landed and as it is merged, `usage_json` apart."""
        lines, _ = self._lines(max(1, attempts // history.ATTEMPTS_A_DAY), ends_only=False)
        home = Home(self.folder / "sizes")
        home.spool.mkdir(parents=True)
        lines.rename(home.spool / "segment.jsonl")
        self._command(home, "seal")
        (landed,) = home.lake.glob("usage_events/*/*.parquet")
        sizes = _bytes_by_column(landed, "landed")
        merged = Lake(home.lake).merge([landed])
        sizes |= _bytes_by_column(merged, "merged")
        shutil.rmtree(home.root)
        return sizes

    def building(self, sizes: list[int]) -> dict[str, Any]:
        """Builds of histories that differ in nothing but their length."""
        measured: dict[int, Measured] = {size: defaultdict(list) for size in sizes}
        homes = {size: self._home(size) for size in sizes}
        starts: list[dict[str, float]] = []
        next_day = {size: history.days(size)[-1] for size in sizes}
        for nth in range(self.rounds):
            empty = Home(self.folder / "empty")
            starts.append(self._build(empty, "--full-refresh"))
            shutil.rmtree(empty.root)
            for size in random.sample(sizes, len(sizes)):
                home, table = homes[size], measured[size]
                for way in ("one_per_key", "copied", "deduplicated"):
                    table[way].append(self._ask(way, home))
                if nth == 0 or size <= 1_000_000:
                    table["full build"].append(self._build(home, "--full-refresh"))
                    # The next build begins with a copy of it, the one after it with none.
                    next_day[size] += timedelta(days=1)
                    self._land(home, next_day[size])
                    table["first build after it"].append(self._build(home))
                next_day[size] += timedelta(days=1)
                self._land(home, next_day[size])
                table["build after a day"].append(self._build(home))
                table["publish"].append(self._ask("published", home))
                _say(f"{size:,} ")
        start = spread([each["seconds"] for each in starts])
        return {
            "start": {**start, "peak_mb": max(each["peak_mb"] for each in starts)},
            "sizes": {
                size: {
                    "measured": _summary(table),
                    "warehouse_mb": homes[size].warehouse.stat().st_size / 2**20,
                }
                for size, table in measured.items()
            },
        }

    def _lines(self, days: int, *, ends_only: bool) -> tuple[Path, int]:
        path = self.folder / "lines.jsonl"
        count = 0
        with path.open("wb") as file:
            for day in history.days(days * history.ATTEMPTS_A_DAY):
                lines = [*history.spool_lines(history.day_rows(day), ends_only=ends_only)]
                file.writelines(lines)
                count += len(lines)
        return path, count

    def _lander(self, way: str, lines: Path) -> dict[str, float]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        python = str(PEERS) if way == "dlt" else sys.executable
        finished = _run_python([python, str(HERE / "landers.py"), way, str(lines), str(folder)])
        shutil.rmtree(folder)
        return _told(finished)

    def _ask(self, way: str, home: Home) -> dict[str, float]:
        command = [sys.executable, str(HERE / "landers.py"), way, "-", str(home.root)]
        finished = _run_python(command)
        for path in home.root.glob("asked.duckdb*"):
            path.unlink()
        return _told(finished)

    def _home(self, attempts: int) -> Home:
        home = Home(self.folder / f"home-{attempts}")
        history.write_lake(home, attempts)
        _say(f"wrote {attempts:,} ")
        return home

    def _land(self, home: Home, day: date) -> None:
        history.land_day(Lake(home.lake), day)

    def _build(self, home: Home, *options: str) -> dict[str, float]:
        finished = self._command(home, "build", *options)
        return {"seconds": finished.seconds, "peak_mb": finished.peak_mb}

    def _command(self, home: Home, *arguments: str) -> Finished:
        return run([COMMAND, *arguments], {"INKLEDGER_HOME": str(home.root)})


def _run_python(command: list[str]) -> Finished:
    return run(command, {"PYTHONPATH": str(ROOT), "RUNTIME__DLTHUB_TELEMETRY": "false"})


def _told(finished: Finished) -> dict[str, float]:
    told: dict[str, float] = json.loads(finished.stdout.strip().splitlines()[-1])
    return {**told, "peak_mb": finished.peak_mb}


def _summary(measured: Measured) -> dict[str, Any]:
    return {
        way: {
            **spread([each["seconds"] for each in rounds]),
            "cpu": statistics.median(each.get("cpu_seconds", 0) for each in rounds),
            "peak_mb": max(each["peak_mb"] for each in rounds),
        }
        for way, rounds in measured.items()
    }


def _ratios(measured: Measured, ours: str, of: str) -> dict[str, dict[str, float]]:
    """Our time divided by that of each other way, of the same round."""
    return {
        way: spread(
            [one[of] / other[of] for one, other in zip(measured[ours], rounds)]  # noqa: B905
        )
        for way, rounds in measured.items()
        if way != ours
    }


def _bytes_by_column(path: Path, name: str) -> dict[str, float]:
    statement = f"""
        select
            path_in_schema = 'usage_json' as is_usage,
            sum(total_compressed_size)
            / (select count(*) from read_parquet('{path}'))
        from parquet_metadata('{path}')
        group by is_usage
    """
    sizes = dict(duckdb.execute(statement).fetchall())
    return {name: float(sizes[False]), f"{name}, usage_json": float(sizes[True])}


def _say(words: str) -> None:
    sys.stderr.write(words)
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[100_000, 1_000_000], help="attempts of the builds"
    )
    parser.add_argument("--landing", type=int, default=200_000, help="attempts that are landed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where there is room; a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkledger-bench-", dir=options.folder) as folder:
        bench = Bench(Path(folder), options.rounds)
        result = {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "versions": {name: version(name) for name in ("duckdb", "polars", "pydantic")},
            "rounds": options.rounds,
            "landing": bench.landing(options.landing),
            "bytes": bench.sizes(options.landing),
            "building": bench.building(sorted(options.sizes)),
        }
    result["goals"] = goals(result)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    _say("\n")
    sys.stdout.write(
        write_readme("warehouse", [*tables(json.loads(RESULTS.read_text(encoding="utf-8")))])
    )


if __name__ == "__main__":
    main()
