"""A disk too full for the lake loses nothing: one sentence, and the next run lands it all."""

from pathlib import Path

import pytest

from ingest.recording.recorder import Recorder
from tests.conftest import run_inkledger
from tests.disks import full, read_only, small_disk
from tests.imports.exports import CALL, csv_text
from tests.landed import landed
from tests.recording.calls import answering, post
from tests.recording.conftest import BASE_URL
from tests.wire import bodies

CALL_COUNT = 40


def record_calls(home: Path) -> None:
    with Recorder(home, base_url=BASE_URL) as recorder:
        for _ in range(CALL_COUNT):
            post(recorder, answering(bodies.CHAT))


def assert_refused(home: Path, *command: str) -> None:
    finished = run_inkledger(home, *command)
    assert (finished.returncode, finished.stdout) == (1, "")
    (sentence,) = finished.stderr.splitlines()
    assert sentence.startswith(f"inkledger: Nothing landed in {home / 'lake' / 'usage_events'}")
    assert "No space left" in sentence or "Read-only" in sentence
    assert list((home / "lake").rglob("*.unfinished")) == []
    assert list((home / "lake").rglob("*.parquet")) == []


def test_sealing_to_a_full_disk_leaves_the_spool_as_it_is(tmp_path: Path) -> None:
    record_calls(tmp_path)
    spool = {path: path.read_bytes() for path in (tmp_path / "spool").iterdir()}
    with small_disk(tmp_path / "lake") as lake:
        (lake / "usage_events").mkdir()
        with full(lake):
            assert_refused(tmp_path, "seal")
            assert {path: path.read_bytes() for path in (tmp_path / "spool").iterdir()} == spool
        assert run_inkledger(tmp_path, "seal").stdout == (
            f"Sealed 1 segments ({CALL_COUNT} usage_events).\n"
        )
        assert list((tmp_path / "spool").iterdir()) == []
        assert len(landed(tmp_path)) == CALL_COUNT


def test_sealing_to_a_disk_that_may_not_be_written_leaves_the_spool_as_it_is(
    tmp_path: Path,
) -> None:
    record_calls(tmp_path)
    with read_only(tmp_path / "lake"):
        assert_refused(tmp_path, "seal")
    assert len(landed(tmp_path)) == CALL_COUNT


def test_a_sealed_segment_that_cannot_be_removed_is_not_landed_twice(tmp_path: Path) -> None:
    record_calls(tmp_path)
    with read_only(tmp_path / "spool"):
        for _ in range(2):
            finished = run_inkledger(tmp_path, "seal")
            assert finished.returncode == 1
            (sentence,) = finished.stderr.splitlines()
            assert sentence.endswith(".jsonl: Read-only file system.")
    assert len(landed(tmp_path)) == CALL_COUNT
    assert list((tmp_path / "spool").iterdir()) == []


def test_an_import_to_a_full_disk_lands_when_it_is_run_again(tmp_path: Path) -> None:
    export = tmp_path / "calls.csv"
    export.write_text(csv_text(CALL))
    with small_disk(tmp_path / "lake") as lake:
        with full(lake):
            assert_refused(tmp_path, "import", "activity", str(export))
        assert run_inkledger(tmp_path, "import", "activity", str(export)).returncode == 0
        assert len(landed(tmp_path)) == 1


def test_compacting_on_a_full_disk_keeps_every_row(tmp_path: Path) -> None:
    with small_disk(tmp_path / "lake") as lake:
        for _ in range(10):
            record_calls(tmp_path)
            assert len(landed(tmp_path)) % CALL_COUNT == 0
        with full(lake):
            finished = run_inkledger(tmp_path, "compact", "--today")
            assert finished.returncode == 1
            assert "Traceback" not in finished.stderr
        assert len(landed(tmp_path)) == 10 * CALL_COUNT
        assert run_inkledger(tmp_path, "compact", "--today").returncode == 0
        assert len(landed(tmp_path)) == 10 * CALL_COUNT
        assert len(list(lake.rglob("*.parquet"))) == 1


@pytest.mark.long
def test_a_build_on_a_full_disk_publishes_nothing_and_the_next_one_does(tmp_path: Path) -> None:
    with small_disk(tmp_path / "home", 64 * 1024) as home:
        record_calls(home)
        assert run_inkledger(home, "seal").returncode == 0
        with full(home):
            finished = run_inkledger(home, "build")
            assert finished.returncode == 1
            (sentence,) = finished.stderr.splitlines()
            assert "No space left on device. Nothing was published" in sentence
            assert not (home / "warehouse.duckdb").exists()
        assert run_inkledger(home, "build").returncode == 0
