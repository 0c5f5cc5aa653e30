"""How fast the dashboard is on a large ledger, in a real browser: `make bench-app`.

Each page's first figure and its whole, cold and after a change, alone and beside nineteen others,
with ratios to the bare questions that the page asks; the memory of the server over many views; and
how soon a page that is open shows another build. Writes bench/results/app.json and the tables of
bench/README.md between their marks.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import nullcontext
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench import history
from bench.app_tables import goals, tables
from bench.browsing import FILTERED, change, chromium, opened
from bench.dashboard import COMMAND, Dashboard, asked, bare_seconds, served
from bench.readme import write_readme
from bench.tables import spread
from bench.visitors import PAGES, people, visit
from ingest.lake import Lake
from ingest.settings import Home

RESULTS = Path(__file__).parent / "results" / "app.json"
OTHERS = 19
MODELS = [slug for slug, *_ in history.MODELS]
ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Los_Angeles", "Europe/Lisbon",
    "Asia/Singapore", "America/Chicago", "Europe/Athens", "Africa/Nairobi", "America/Sao_Paulo",
]  # fmt: skip
QUERIES = [{"tz": zone, "model": model} for zone in ZONES for model in MODELS]
Seconds = dict[str, dict[str, list[float]]]
"""Page → what was timed → one measurement a round."""


def pages(browser: Browser, dashboard: Dashboard, measured: Seconds) -> None:
    """Each page once, in any order: cold, and after one change."""
    for page in random.sample(PAGES, len(PAGES)):
        with opened(browser, dashboard.port, page) as (sheet, clock):
            measured[page]["shown"].append(clock["shown"])
            measured[page]["drawn"].append(clock["drawn"])
            choice = random.choice(MODELS if page in FILTERED else ZONES)
            measured[page]["changed"].append(change(sheet, page, choice))


def both(home: Home, rounds: int) -> dict[str, Seconds]:
    """Every round on a server that has answered nobody yet, alone and in company."""
    measured: dict[str, Seconds] = {
        way: defaultdict(lambda: defaultdict(list)) for way in ("alone", "of twenty")
    }
    with chromium() as browser:
        for nth in range(rounds):
            for way, others in (("alone", 0), ("of twenty", OTHERS)):
                with served(home) as dashboard:
                    crowd = people(dashboard.port, others, QUERIES) if others else nullcontext()
                    with crowd:
                        pages(browser, dashboard, measured[way])
            _say(f"round {nth + 1} ")
    return measured


def bare(home: Home) -> Seconds:
    """What each page's questions take by themselves: all of them, and those of a change."""
    found: Seconds = {}
    for page in PAGES:
        view = {"model": MODELS[0]} if page in FILTERED else {"tz": "Europe/Berlin"}
        changed = [each for each in asked(home, page, view) if "view" in each[1]]
        found[page] = {
            "drawn": [bare_seconds(home, asked(home, page, {}))],
            "changed": [bare_seconds(home, changed)],
        }
    return found


def memory(home: Home, views: int) -> dict[int, float]:
    """Page views → MB that the server holds after them; no two are alike."""
    held: dict[int, float] = {}
    with served(home) as dashboard:
        for nth in range(1, views + 1):
            visit(dashboard.port, PAGES[nth % len(PAGES)], QUERIES[nth % len(QUERIES)])
            if nth % max(1, views // 10) == 0:
                held[nth] = dashboard.memory_mb()
    return held


def publishing(home: Home, builds: int) -> list[float]:
    """Seconds from a build's publication until a page that is open shows what it brought."""
    seconds = []
    day = max(history.days(_attempts(home)))
    with (
        served(home) as dashboard,
        chromium() as browser,
        opened(browser, dashboard.port, "") as (sheet, _),
    ):
        for nth in range(1, builds + 1):
            told = sheet.get_by_text("calls to OpenRouter").inner_text()
            history.land_day(Lake(home.lake), day + timedelta(days=nth))
            published_at = _build_and_watch(home)
            sheet.wait_for_function(
                "told => !document.body.innerText.includes(told)", arg=told, polling=20
            )
            seconds.append(time.time() - published_at)
    return seconds


def _attempts(home: Home) -> int:
    return len(list(home.lake.glob("usage_events/*"))) * history.ATTEMPTS_A_DAY


def _build_and_watch(home: Home) -> float:
    """Build; the instant at which another file lay where builds are published."""
    before = home.warehouse.stat().st_ino
    with subprocess.Popen(
        [COMMAND, "build"],
        env={**os.environ, "INKLEDGER_HOME": str(home.root)},
        stdout=subprocess.DEVNULL,
    ) as build:
        while home.warehouse.stat().st_ino == before:
            if build.poll():
                raise SystemExit("the build failed")
            time.sleep(0.01)
        return time.time()


def _summary(measured: Seconds) -> dict[str, Any]:
    return {
        page: {name: spread(seconds) for name, seconds in timed.items()}
        for page, timed in measured.items()
    }


def _say(words: str) -> None:
    sys.stderr.write(words)
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--home", type=Path, help="one that is built already; else a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkledger-bench-") as folder:
        home = Home(options.home or Path(folder))
        if not options.home:
            history.write_lake(home, options.attempts)
            subprocess.run(
                [COMMAND, "build"],
                env={**os.environ, "INKLEDGER_HOME": str(home.root)},
                check=True,
            )
        ways = both(home, options.rounds)
        result = {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "versions": {name: version(name) for name in ("streamlit", "duckdb", "altair")},
            "attempts": _attempts(home),
            "rounds": options.rounds,
            "bare": _summary(bare(home)),
            "ways": {way: _summary(measured) for way, measured in ways.items()},
            "memory": memory(home, options.views),
            "publish": spread(publishing(home, options.builds)),
        }
    result["goals"] = goals(result)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    _say("\n")
    sys.stdout.write(write_readme("app", tables(result)))


if __name__ == "__main__":
    main()
