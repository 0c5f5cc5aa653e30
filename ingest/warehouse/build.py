"""Build the warehouse with dbt and publish it, if every model and every test passed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb

from ingest.errors import BuildFailed, UsageError
from ingest.lake import Lake
from ingest.project import PROJECT
from ingest.settings import Home
from ingest.warehouse.findings import Finding, read_findings
from ingest.warehouse.lock import only_one
from ingest.warehouse.publish import begin_from, publish

DBT_PROJECT = PROJECT / "dbt_project"
PARSED = DBT_PROJECT / "target" / "partial_parse.msgpack"
"""The project as dbt read it when it was set up, for homes in which it has not read it yet."""
MOST_FAILURES = 3
"""One cause fails many tests: the first few tell it, the log has the rest."""
MOST_NAMES = 20
DBT = """
import gc, os, threading
gc.disable()
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
from dbt.cli.main import cli
cli(prog_name="dbt")
"""
"""dbt makes millions of small objects and lives for seconds: counting them is a tenth of it. It
ends with us: its standard input does, and a build that was killed must not hold up the next one."""
CLOCK = re.compile(r"^\d\d:\d\d:\d\d\s+")


@dataclass(frozen=True)
class BuildResult:
    """A build that was published."""

    warehouse: Path
    model_count: int
    test_count: int
    warnings: tuple[Finding, ...]
    """Tests that found something in the data which people should see."""


def build_warehouse(
    home: Home,
    *,
    full_refresh: bool = False,
    target: str = "duckdb",
    variables: Mapping[str, Decimal] = MappingProxyType({}),
) -> BuildResult:
    """Build every model of the lake under `home`, test them, and replace the published warehouse.

    `full_refresh` forgets what earlier builds left behind. `variables` are dbt's, as
    `max_cost_per_accepted_page_usd` and `max_rise_percent`, which tests hold the costs against.
    Raises `BuildFailed`, with what failed and where, if a model or a test did or another build is
    running, `LakeUnreadable` for a file that is not whole, and `UsageError` for a home with `?` in
    its name; the warehouse that was published before then stays as it is.
    """
    if "?" in str(home.root):
        # DuckDB looks for its log elsewhere then: what follows is an address's query to it.
        raise UsageError(
            f"DuckDB cannot write below {home.root}, for the `?`: choose a name without it for "
            "INKLEDGER_HOME."
        )
    with only_one(home):
        Lake(home.lake).require_whole()
        begin_from(home.build_warehouse, None if full_refresh else home.warehouse)
        (home.build / "target" / "run_results.json").unlink(missing_ok=True)
        dbt = _run_dbt(home, full_refresh=full_refresh, target=target, variables=variables)
        findings = read_findings(home.build / "target")
        if dbt.returncode != 0:
            told = _what_failed(home, dbt, findings)
            # What did not pass its tests is nothing to go on from.
            home.build_warehouse.unlink(missing_ok=True)
            if not findings or any(finding.status == "error" for finding in findings):
                # DuckDB may have met a file that is spoilt inside, and does not name it.
                Lake(home.lake).require_readable()
            raise BuildFailed(told)
        publish(home.build_warehouse, home.warehouse)
    return BuildResult(
        warehouse=home.warehouse,
        model_count=sum(finding.kind == "model" for finding in findings),
        test_count=sum(finding.kind == "test" for finding in findings),
        warnings=tuple(finding for finding in findings if finding.status == "warn"),
    )


def _run_dbt(
    home: Home, *, full_refresh: bool, target: str, variables: Mapping[str, Decimal]
) -> subprocess.CompletedProcess[str]:
    if not DBT_PROJECT.is_dir():
        raise BuildFailed(
            f"The models are missing: {DBT_PROJECT} is not there. Install inkledger again."
        )
    # fmt: off
    command = [
        sys.executable, "-c", DBT, "--quiet", "--no-use-colors", "build",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target", target,
        "--target-path", str(home.build / "target"), "--log-path", str(home.build / "logs"),
        # Unit tests judge the models, not the data: `make test` runs them once for all builds.
        "--exclude-resource-type", "unit_test",
    ]
    # fmt: on
    if not (home.build / "target" / PARSED.name).exists() and PARSED.exists():
        command += ["--partial-parse-file-path", str(PARSED)]
    if full_refresh:
        command.append("--full-refresh")
    if variables:
        command += ["--vars", json.dumps({name: f"{value:f}" for name, value in variables.items()})]
    environment = {**os.environ, "INKLEDGER_HOME": str(home.root)}
    with _open_while_we_live() as standard_input:
        return subprocess.run(
            command,
            # dbt-duckdb looks for `module_paths` below the folder that it runs in.
            cwd=DBT_PROJECT,
            env=environment,
            stdin=standard_input,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def _open_while_we_live() -> Iterator[int]:
    """A file that ends when this process does, of whatever."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def _what_failed(
    home: Home, dbt: subprocess.CompletedProcess[str], findings: tuple[Finding, ...]
) -> str:
    told = [_told(home, finding) for finding in findings if finding.has_failed]
    if len(told) > MOST_FAILURES:
        told[MOST_FAILURES:] = [f"{len(told) - MOST_FAILURES} more failed"]
    what = "; ".join(told) or f"dbt could not begin: {_first_words(dbt)}"
    log = home.build / "logs" / "dbt.log"
    return f"{what}. Nothing was published; the whole log is {log}."


def _told(home: Home, finding: Finding) -> str:
    """The finding in words, with the keys of the rows that a test stored."""
    if finding.status != "fail" or finding.found_in is None:
        return finding.sentence()
    with duckdb.connect(home.build_warehouse, read_only=True) as warehouse:
        rows = warehouse.execute(f"from {finding.found_in}").fetchall()
    names = [str(key) for key, *_ in rows[:MOST_NAMES]]
    if len(rows) > MOST_NAMES:
        names.append(f"{len(rows) - MOST_NAMES} more")
    return f"{finding.sentence()}: {', '.join(names)}"


def _first_words(dbt: subprocess.CompletedProcess[str]) -> str:
    """What dbt printed, without its clock, before it printed where in its own code it stood."""
    words, _, _ = (dbt.stdout.strip() or dbt.stderr).partition("Traceback")
    lines = [CLOCK.sub("", line).strip() for line in words.splitlines()]
    return " ".join(filter(None, lines)).rstrip(".") or f"it ended with code {dbt.returncode}"
