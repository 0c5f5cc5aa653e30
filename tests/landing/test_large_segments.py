"""A segment of any size is read in parts, and lands as one file of groups with statistics."""

from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.errors import LakeNotWritten
from ingest.lake import Lake
from ingest.landing.rows import rows_from_the_end
from ingest.parquet import ROWS_IN_GROUP, Parts
from ingest.seal import seal
from ingest.settings import Home
from tests.disks import full, small_disk
from tests.landing.test_plain_lines import END, NOW, START, line

LINES = [
    *(line(f"{number:04}", status="in_doubt") for number in range(500)),
    b"torn" + START,
    *(line(f"{number:04}", input_tokens=number) for number in range(0, 500, 2)),
    b"",
    *(line(f"{number:04}", input_tokens=number) for number in range(1, 400, 2)),
]


def write(path: Path, lines: list[bytes], tail: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(each + b"\n" for each in lines) + tail)
    return path


@pytest.mark.parametrize("chunk_bytes", [1, 300, 5_000, 60_000, 10_000_000])
def test_the_last_line_of_each_event_counts_wherever_a_part_ends(
    tmp_path: Path, chunk_bytes: int
) -> None:
    path = write(tmp_path / "segment", LINES, tail=END[:40])
    with path.open("rb") as file, Parts(tmp_path) as events, Parts(tmp_path) as quarantine:
        for tables in rows_from_the_end("segment", file, chunk_bytes=chunk_bytes):
            for parts, name in ((events, "usage_events"), (quarantine, "quarantine")):
                if name in tables:
                    parts.put_before(tables[name])
        rows = events.rows().collect()
        assert quarantine.rows().collect()["line_number"].to_list() == [501]
    assert rows["event_id"].is_unique().all()
    assert rows.height == events.row_count == 500
    ended = rows.filter(status="succeeded").sort("event_id")
    assert ended["event_id"].to_list() == [f"{n:04}" for n in range(500) if n < 400 or n % 2 == 0]
    assert ended["input_tokens"].to_list() == ended["event_id"].cast(pl.Int64).to_list()


def test_an_empty_segment_and_one_that_is_all_torn_have_no_rows(tmp_path: Path) -> None:
    for content in (b"", END, b"\n\n \n"):
        path = tmp_path / "segment"
        path.write_bytes(content)
        with path.open("rb") as file:
            assert [tables for tables in rows_from_the_end("segment", file) if tables] == []


@pytest.mark.parametrize("bytes_in_memory", [0, 20_000, 10_000_000])
def test_parts_beyond_what_memory_should_hold_come_back_in_order(
    tmp_path: Path, bytes_in_memory: int
) -> None:
    with Parts(tmp_path / "lake", bytes_in_memory=bytes_in_memory) as parts:
        for first in range(9_000, -1, -1_000):
            parts.put_before(pl.DataFrame({"n": range(first, first + 1_000)}))
        assert list(tmp_path.rglob("lake/*")) == []  # A kill leaves nothing.
        assert (tmp_path / "lake").exists() == (bytes_in_memory < 10_000_000)
        assert parts.rows().collect()["n"].to_list() == list(range(10_000))
        assert parts.row_count == 10_000


def test_parts_that_the_disk_does_not_take_are_told_in_a_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "lake") as lake, full(lake):
        with pytest.raises(LakeNotWritten) as refused, Parts(lake, bytes_in_memory=0) as parts:
            parts.put_before(pl.DataFrame({"n": range(100_000)}))
        assert str(refused.value).startswith(f"Nothing landed in {lake} (No space left on device)")


def test_groups_of_rows_have_statistics_by_which_they_are_skipped(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    count = ROWS_IN_GROUP * 2 + 10
    lines = (line(f"{n:07}", started_at=NOW + timedelta(seconds=n)) for n in range(count))
    segment = tmp_path / "spool" / "0.jsonl"
    segment.parent.mkdir()
    with segment.open("wb") as file:
        file.writelines(each + b"\n" for each in lines)
    seal(Home(tmp_path), clock=lambda: NOW)
    (landed,) = lake.root.rglob("*.parquet")
    assert_groups_tell_their_time(landed, [ROWS_IN_GROUP, ROWS_IN_GROUP, 10])
    merged = lake.merge([landed])
    assert_groups_tell_their_time(merged, [ROWS_IN_GROUP, ROWS_IN_GROUP, 10])


def assert_groups_tell_their_time(path: Path, sizes: list[int]) -> None:
    groups = duckdb.execute(
        "select row_group_num_rows, stats_min_value, stats_max_value from"
        f" parquet_metadata('{path}') where path_in_schema = 'event_id' order by row_group_id"
    ).fetchall()
    assert [rows for rows, _, _ in groups] == sizes
    first = 0
    for rows, least, greatest in groups:
        assert (least, greatest) == (f"{first:07}", f"{first + rows - 1:07}")
        first += rows


def test_a_merged_file_is_in_the_order_of_its_instants(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for number in (3, 1, 2):
        path = write(
            tmp_path / "spool" / f"{number}.jsonl",
            [
                line(f"{number}-{n}", started_at=NOW + timedelta(days=n, hours=number))
                for n in range(3)
            ],
        )
        assert path.exists()
    seal(Home(tmp_path), clock=lambda: NOW)
    merged = lake.merge(sorted(lake.root.rglob("*.parquet")))
    order = pl.read_parquet(merged, hive_partitioning=False)["event_id"].to_list()
    assert order == [f"{number}-{n}" for n in range(3) for number in (1, 2, 3)]


def test_within_a_group_the_rows_of_a_run_stand_together(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lines = [
        line(f"{n}", run_id=f"run-{n % 2}", started_at=NOW + timedelta(seconds=n)) for n in range(6)
    ]
    write(tmp_path / "spool" / "0.jsonl", lines)
    seal(Home(tmp_path), clock=lambda: NOW)
    merged = lake.merge(sorted(lake.root.rglob("*.parquet")))
    order = pl.read_parquet(merged, hive_partitioning=False)["event_id"].to_list()
    assert order == ["0", "2", "4", "1", "3", "5"]
