"""Ids differ whoever makes them and whenever, and stand together in little space."""

import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from ingest.identifiers import new_id
from ingest.lake import Lake

ROOT = Path(__file__).parents[1]


def number(made: str) -> int:
    """What stands below the instant."""
    return uuid.UUID(made).int % 2**62


def test_a_process_counts_its_ids() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in ids} == {
        (7, uuid.RFC_4122)
    }
    assert [number(each) - number(ids[0]) for each in ids] == [*range(1_000)]


def test_threads_count_together() -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = [*pool.map(lambda _: new_id(), range(20_000))]
    assert len({number(each) for each in ids}) == len(ids)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_counts_from_a_number_of_its_own() -> None:
    """Parent and child may make one in the same instant."""
    numbers = [number(new_id())]
    for _ in range(3):
        with get_context("fork").Pool(1) as pool:
            numbers.append(number(pool.apply(new_id)))
    numbers.append(number(new_id()))
    assert numbers[-1] == numbers[0] + 1
    between = sorted(numbers[:-1])
    assert all(more - less > 2**32 for less, more in pairwise(between))


def test_an_attempt_takes_less_than_65_bytes_of_a_merged_lake(tmp_path: Path) -> None:
    """Apart from `usage_json`, in the history that the bench measures."""
    command = [sys.executable, "bench/history.py", str(tmp_path), "25000"]
    subprocess.run(command, cwd=ROOT, check=True)
    (landed,) = (tmp_path / "lake" / "usage_events").rglob("*.parquet")
    merged = Lake(tmp_path / "lake").merge([landed])
    (size,) = duckdb.execute(
        "select sum(total_compressed_size) from parquet_metadata(?)"
        " where path_in_schema <> 'usage_json'",
        [str(merged)],
    ).fetchall()[0]
    assert size / 25_000 < 65
