"""Whatever happens to spool and lake, in any order: each acknowledged record is there once."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ingest.compact import FEW_FILES, compact
from ingest.lake import Lake
from ingest.recording.spool import Spool
from ingest.records import Outcome, UsageEvent
from ingest.seal import seal
from ingest.settings import Home
from tests.landed import one_per_event

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
WRITERS = st.integers(0, 2)


class Histories(RuleBasedStateMachine):
    """Three processes on one spool folder, of which each may die at any byte of a line."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.home = Home(self.folder)
        self.writers = [Spool(self.home.spool) for _ in range(3)]
        self.begun: dict[str, int] = {}
        """Event id → the writer under whose hands it is."""
        self.ended: set[str] = set()
        self.in_doubt: set[str] = set()
        """Those whose process died."""
        self.outcomes: set[str] = set()
        self.count = 0
        self.today = NOW

    @rule(writer=WRITERS)
    def an_attempt_begins(self, writer: int) -> None:
        event_id = self.new_name()
        self.writers[writer].append("usage_events", event(event_id, "in_doubt"))
        self.begun[event_id] = writer

    @precondition(lambda self: self.begun)
    @rule(choice=st.data())
    def an_attempt_ends(self, choice: st.DataObject) -> None:
        event_id = choice.draw(st.sampled_from(sorted(self.begun)))
        writer = self.begun.pop(event_id)
        self.writers[writer].append("usage_events", event(event_id, "succeeded"))
        self.ended.add(event_id)

    @rule(writer=WRITERS)
    def an_outcome_is_said(self, writer: int) -> None:
        name = self.new_name()
        self.writers[writer].append("outcomes", outcome(name))
        self.outcomes.add(name)

    @rule(writer=WRITERS)
    def a_segment_is_rotated(self, writer: int) -> None:
        self.writers[writer].segment_age_seconds = 0.0
        self.an_outcome_is_said(writer)
        self.writers[writer].segment_age_seconds = 60.0

    @rule(writer=WRITERS, place=st.integers(0, 500))
    def a_process_dies_in_the_middle_of_a_line(self, writer: int, place: int) -> None:
        """What it wrote of a line that it never finished is torn; its attempts stay in doubt."""
        line = b'{"outcomes":' + outcome("torn").model_dump_json().encode() + b"}\n"
        segment = self.writers[writer]._segment
        if segment is not None:
            with segment.path.open("ab") as file:
                file.write(line[: place % len(line)])
        self.writers[writer].begin_in_child()  # Its descriptor goes, as with the process.
        lost = [event_id for event_id, whose in self.begun.items() if whose == writer]
        self.in_doubt |= set(lost)
        for event_id in lost:
            del self.begun[event_id]

    @rule(writer=WRITERS)
    def a_recorder_is_closed(self, writer: int) -> None:
        self.writers[writer].close()

    @rule()
    def many_short_processes_come_and_go(self) -> None:
        """More than compaction leaves alone."""
        for _ in range(FEW_FILES + 1):
            spool = Spool(self.home.spool)
            name = self.new_name()
            spool.append("outcomes", outcome(name))
            spool.close()
            self.outcomes.add(name)
        self.it_is_sealed()

    @rule()
    def it_is_sealed(self) -> None:
        seal(self.home, clock=lambda: self.today)

    @rule(days=st.integers(-1, 1))
    def it_is_sealed_and_killed_before_the_segments_go(self, days: int) -> None:
        kept = {path: path.read_bytes() for path in self.home.spool.glob("*.jsonl")}
        seal(self.home, clock=lambda: self.today)
        for path, content in kept.items():
            if not path.exists():
                path.write_bytes(content)
        self.the_clock_jumps(days)

    @rule()
    def it_is_compacted(self) -> None:
        compact(self.home, up_to_now=True, clock=lambda: self.today)

    @rule()
    def compaction_is_killed_before_the_old_files_go(self) -> None:
        kept = {path: path.read_bytes() for path in self.home.lake.rglob("*.parquet")}
        compact(self.home, up_to_now=True, clock=lambda: self.today)
        for path, content in kept.items():
            path.write_bytes(content)

    @rule(days=st.integers(-2, 2))
    def the_clock_jumps(self, days: int) -> None:
        self.today += timedelta(days=days)

    @invariant()
    def each_acknowledged_record_is_there_once(self) -> None:
        # Spool and lake together are what a build would see, once everything is sealed.
        copy = Path(tempfile.mkdtemp())
        try:
            shutil.copytree(self.folder, copy / "home")
            self.check(Home(copy / "home"))
        finally:
            shutil.rmtree(copy)

    def check(self, home: Home) -> None:
        seal(home, clock=lambda: self.today)
        assert list(home.spool.glob("*.jsonl")) == []
        lake = Lake(home.lake)
        rows = one_per_event(lake.scan("usage_events").collect().to_dicts())
        in_doubt = {row["event_id"] for row in rows if row["status"] == "in_doubt"}
        assert in_doubt == self.in_doubt | self.begun.keys()
        assert {row["event_id"] for row in rows if row["status"] == "succeeded"} == self.ended
        # What a killed compaction left twice the next one puts right.
        compact(home, up_to_now=True, clock=lambda: NOW + timedelta(days=99))
        assert sorted(lake.scan("outcomes").collect()["outcome_id"]) == sorted(self.outcomes)
        assert lake.scan("quarantine").collect().is_empty()

    def teardown(self) -> None:
        for writer in self.writers:
            writer.close()
        shutil.rmtree(self.folder)

    def new_name(self) -> str:
        self.count += 1
        return f"{self.count:04}"


def event(event_id: str, status: str) -> UsageEvent:
    return UsageEvent.model_validate(
        {
            "event_id": event_id,
            "operation_id": "op",
            "endpoint": "images",
            "started_at": NOW,
            "status": status,
        }
    )


def outcome(name: str) -> Outcome:
    return Outcome(outcome_id=name, operation_id="op", outcome="accepted", decided_at=NOW)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
