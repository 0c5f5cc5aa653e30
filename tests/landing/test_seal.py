"""Sealing lands every whole line once, whatever was cut, torn, spoilt or interrupted."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.lake import Lake
from ingest.recording.segment import claim_segment
from ingest.recording.spool import Spool
from ingest.records import Outcome, UsageEvent
from ingest.seal import seal
from ingest.settings import Home
from tests.landed import landed, landed_call

NOW = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def outcome(name: str, reason: str | None = None) -> Outcome:
    return Outcome(
        outcome_id=name, operation_id="op", outcome="accepted", reason=reason, decided_at=NOW
    )


def event(event_id: str, **fields: object) -> UsageEvent:
    start = {"event_id": event_id, "operation_id": "op", "endpoint": "images", "started_at": NOW}
    return UsageEvent.model_validate({**start, "status": "in_doubt", **fields})


def write(home: Path, *records: Outcome | UsageEvent) -> Path:
    spool = Spool(home / "spool")
    for record in records:
        spool.append("outcomes" if isinstance(record, Outcome) else "usage_events", record)
    spool.close()
    (segment,) = (home / "spool").glob("*.jsonl")
    return segment


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(texts, max_size=6), st.integers(min_value=0))
def test_a_segment_torn_at_any_byte_seals_to_what_was_whole(reasons: list[str], place: int) -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        outcomes = [outcome(f"{n}", reason=reason) for n, reason in enumerate(reasons)]
        segment = write(home, outcome("first"), *outcomes)
        content = segment.read_bytes()
        torn = content[: place % (len(content) + 1)]
        segment.write_bytes(torn)
        rows = landed(home, "outcomes")
        known = [None, *reasons]
        assert {row["reason"] for row in rows} == set(known[: torn.count(b"\n")])
        assert len(rows) == torn.count(b"\n")
        assert landed(home, "quarantine") == []


def test_the_end_of_an_attempt_replaces_its_start(home: Path) -> None:
    write(home, event("a"), event("b"), event("a", status="succeeded", http_status=200))
    assert [(row["event_id"], row["status"]) for row in landed(home)] == [
        ("a", "succeeded"),
        ("b", "in_doubt"),
    ]


def test_lines_that_are_no_records_are_quarantined_whole_and_stop_nothing(home: Path) -> None:
    segment = write(home, outcome("good"))
    garbage = [
        b"no json",
        b"[1, 2]",
        b'{"nothing": {}}',
        b'{"outcomes": {"outcome": "maybe"}}',
        b'{"outcomes": {"\\ud800": 1}}',
        b'{"outcomes": "text"}',
        b'{"ebooks": {"ebook_id": "\\ud800", "recorded_at": "2026-01-01T00:00Z"}}',
        b'{"ebooks": {"ebook_id": "a", "list_price_usd": "1e400"}}',
        b'{"ebooks": {"ebook_id": "a", "recorded_at": "0001-01-01T00:00:00+23:00"}}',
        b'{"ebooks": {"ebook_id": "a", "page_count": 9223372036854775808}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"ebooks": 1e99999999999999999999}',
    ]
    with segment.open("ab") as file:
        file.write(b"\n".join(garbage) + b"\n\n" + outcome_line("last"))
    assert [row["outcome_id"] for row in landed(home, "outcomes")] == ["good", "last"]
    kept = {row["line_number"]: row for row in landed(home, "quarantine")}
    assert sorted(kept) == list(range(2, 2 + len(garbage)))
    assert all(row["reason"] and row["origin"] == segment.stem for row in kept.values())
    assert kept[2]["payload"] == "no json"
    assert kept[12]["payload"] == "\\xff\\xfe\x00"
    assert (kept[4]["table_name"], kept[5]["table_name"]) == ("unknown", "outcomes")
    assert "outcome: Input should be 'accepted' or 'rejected'" in kept[5]["reason"]


def outcome_line(name: str) -> bytes:
    return json.dumps({"outcomes": outcome(name).model_dump(mode="json")}).encode() + b"\n"


def test_sealing_again_changes_nothing(home: Path) -> None:
    write(home, event("a"), outcome("b"))
    first = seal(Home(home))
    assert (first.sealed_count, first.open_count) == (1, 0)
    assert first.row_counts == {"usage_events": 1, "outcomes": 1}
    files = {file: file.read_bytes() for file in (home / "lake").rglob("*.parquet")}
    assert seal(Home(home)).sealed_count == 0
    assert list((home / "spool").iterdir()) == []
    assert {file: file.read_bytes() for file in (home / "lake").rglob("*.parquet")} == files


def test_a_seal_interrupted_between_two_tables_is_completed_by_the_next(home: Path) -> None:
    segment = write(home, event("a"), outcome("b"))
    yesterday = NOW - timedelta(days=1)
    Lake(Home(home).lake).land("usage_events", segment.stem, [event("a")], yesterday)
    seal(Home(home), clock=lambda: NOW)
    assert landed_call(home)["landed_at"] == yesterday
    assert [row["landed_at"] for row in landed(home, "outcomes")] == [NOW]
    assert list((home / "spool").iterdir()) == []


def test_two_seals_at_once_land_each_row_once(home: Path) -> None:
    for number in range(20):
        spool = Spool(home / "spool")
        spool.append("outcomes", outcome(f"{number:02}"))
        spool.close()
    threads = [threading.Thread(target=seal, args=(Home(home),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["outcome_id"] for row in landed(home, "outcomes")] == [f"{n:02}" for n in range(20)]


def test_a_segment_that_is_being_written_is_left_alone(home: Path) -> None:
    spool = Spool(home / "spool")
    spool.append("outcomes", outcome("a"))
    assert (seal(Home(home)).sealed_count, seal(Home(home)).open_count) == (0, 1)
    spool.append("outcomes", outcome("b"))
    spool.close()
    assert [row["outcome_id"] for row in landed(home, "outcomes")] == ["a", "b"]


def test_a_segment_that_another_seal_removed_is_not_claimed(home: Path) -> None:
    segment = write(home, outcome("a"))
    with claim_segment(segment) as content:
        assert content is not None
        with claim_segment(segment) as again:
            assert again is None
        segment.unlink()
    with claim_segment(segment) as gone:
        assert gone is None


def test_nothing_to_seal_is_nothing_done(home: Path) -> None:
    assert seal(Home(home / "new")).sealed_count == 0
    assert not (home / "new").exists()


def test_what_is_no_file_is_no_segment_and_stops_nothing(home: Path) -> None:
    write(home, outcome("kept"))
    (home / "spool" / "folder.jsonl").mkdir()
    (home / "spool" / "broken-link.jsonl").symlink_to(home / "nowhere")
    os.mkfifo(home / "spool" / "pipe.jsonl")
    result = seal(Home(home))
    assert (result.sealed_count, result.open_count) == (1, 0)
