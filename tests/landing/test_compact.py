"""Compaction leaves every row, every name that has landed, and fewer files."""

import random
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from filelock import FileLock
from polars.testing import assert_frame_equal

from ingest.compact import FEW_FILES, compact
from ingest.errors import BuildFailed
from ingest.lake import Lake
from ingest.records import Outcome
from ingest.settings import Home
from ingest.warehouse.lock import only_one

TODAY = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
YESTERDAY = TODAY - timedelta(days=1)
FILES = 30


def land(lake: Lake, count: int, landed_at: datetime, prefix: str = "segment") -> None:
    for number in range(count):
        name = f"{prefix}-{number:03}"
        outcome = Outcome(
            outcome_id=name, operation_id="op", outcome="accepted", decided_at=landed_at
        )
        lake.land("outcomes", name, [outcome], landed_at)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def lake(home: Home) -> Lake:
    return Lake(home.lake)


def rows(lake: Lake) -> pl.DataFrame:
    return lake.scan("outcomes").sort("outcome_id").collect()


def files(home: Home) -> list[Path]:
    return sorted(home.lake.glob("outcomes/*/*"))


def run(home: Home, **options: Any) -> tuple[int, int]:
    result = compact(home, clock=lambda: TODAY, **options)
    return result.before, result.after


def test_a_past_day_becomes_one_file_with_the_same_rows(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    land(lake, FILES, TODAY, "today")
    before = rows(lake)
    assert run(home) == (FILES, 1)
    assert_frame_equal(rows(lake), before)
    assert len(files(home)) == FILES + 1
    assert run(home, up_to_now=True) == (FILES + 1, 2)
    assert_frame_equal(rows(lake), before)


def test_a_few_files_are_left_alone(home: Home, lake: Lake) -> None:
    land(lake, FEW_FILES, YESTERDAY)
    assert run(home) == (FEW_FILES, FEW_FILES)


def test_what_has_landed_does_not_land_again_after_it_was_merged(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    run(home)
    land(lake, FILES, TODAY)
    assert rows(lake).height == FILES
    land(lake, FILES, TODAY, "later")
    run(home, up_to_now=True)
    assert all(lake.has("outcomes", f"{name}-000") for name in ("segment", "later"))
    assert not lake.has("outcomes", "another")


def test_a_merged_day_is_merged_again_when_more_has_landed(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    run(home)
    land(lake, FILES, YESTERDAY, "late")
    assert run(home) == (FILES + 1, 1)
    assert rows(lake)["outcome_id"].n_unique() == rows(lake).height == 2 * FILES
    assert lake.has("outcomes", "segment-007")
    assert lake.has("outcomes", "late-007")


def test_columns_that_this_version_does_not_know_stay(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    newest = files(home)[-1]
    of_tomorrow = pl.read_parquet(newest).with_columns(of_tomorrow=pl.lit("kept"))
    of_tomorrow.write_parquet(newest)
    run(home)
    (merged,) = files(home)
    assert pl.read_parquet(merged)["of_tomorrow"].drop_nulls().to_list() == ["kept"]


def test_an_interrupted_one_is_finished_by_the_next(home: Home, lake: Lake, tmp_path: Path) -> None:
    land(lake, FILES, YESTERDAY)
    folder = files(home)[0].parent
    shutil.copytree(folder, tmp_path / "as it was")
    before = rows(lake)
    run(home)
    # What a kill between the new name and the last removal leaves.
    for path in sorted((tmp_path / "as it was").iterdir())[5:]:
        shutil.copy(path, folder)
    run(home)
    assert len(files(home)) == 1
    assert_frame_equal(rows(lake), before)


def test_killed_at_any_instant_it_loses_nothing(home: Home, lake: Lake) -> None:
    land(lake, 200, YESTERDAY)
    before = rows(lake)
    chance = random.Random(7)
    command = [sys.executable, "-m", "ingest.command", "compact"]
    environment = {"INKLEDGER_HOME": str(home.root)}
    for _ in range(6):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
            time.sleep(chance.uniform(0.2, 0.9))
            running.kill()
        assert set(rows(lake)["outcome_id"]) == set(before["outcome_id"])
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert_frame_equal(rows(lake), before)
    assert len([path for path in files(home) if path.suffix == ".parquet"]) == 1


def test_what_vanishes_while_it_runs_is_left_out(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    broken_link, *others = files(home)
    broken_link.unlink()
    broken_link.symlink_to("gone")  # Listed, and not there when it is looked at.
    assert run(home) == (FILES - 1, 1)
    (merged,) = others[0].parent.glob("merged-*")
    assert len(pl.read_parquet(merged)) == FILES - 1


def test_it_waits_for_no_build_and_disturbs_none(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    home.build.mkdir()
    with FileLock(home.build / "build.lock"), pytest.raises(BuildFailed, match="try again"):
        run(home)
    assert len(files(home)) == FILES


def test_readers_and_builders_beside_it_see_every_row_all_the_time(home: Home, lake: Lake) -> None:
    land(lake, FILES, YESTERDAY)
    expected = rows(lake)
    is_over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not is_over.is_set():
            seen.append(
                lake.scan("outcomes").select(pl.col("outcome_id").n_unique()).collect().item()
            )

    def build() -> None:
        while not is_over.is_set():
            try:
                with only_one(home):
                    mounted = [str(path) for path in files(home) if path.suffix == ".parquet"]
                    time.sleep(0.01)  # A build names its files when it begins.
                    question = "select count(distinct outcome_id) from read_parquet($1)"
                    seen.extend(duckdb.connect().execute(question, [mounted]).fetchone() or [])
            except BuildFailed:  # One at a time, as the command says.
                continue

    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(read), pool.submit(build)]
        try:
            for number in range(12):
                land(lake, FEW_FILES + 1, YESTERDAY, f"late-{number}")
                while True:
                    with suppress(BuildFailed):
                        run(home)
                        break
        finally:
            is_over.set()
        for other in others:
            other.result()
    assert seen
    assert min(seen) >= expected.height
    assert rows(lake).height == FILES + 12 * (FEW_FILES + 1)
