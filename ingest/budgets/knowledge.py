"""What a budget knows of the calls in its scope: lake and spool once, then what the spool gains."""

import time
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from ingest.budgets.prices import Price
from ingest.budgets.reading import Call, Line, Question, Told, read
from ingest.budgets.scope import Scope
from ingest.budgets.tail import SpoolTail
from ingest.budgets.tally import Tally
from ingest.settings import Home

READ_AGAIN_SECONDS = 3600.0
"""After so long everything is read again, whether anything tells of news or not."""
_IN_DOUBT = b'"status":"in_doubt"}}'
_TABLES = ("usage_events", "settlements", "model_prices")


class Knowledge:
    """Used by one thread at a time, in its turn."""

    def __init__(self, home: Home, scope: Scope, unknown_call_usd: Decimal) -> None:
        self.tally = Tally()
        self.prices: Mapping[str, Price] = {}
        self._home = home
        self._scope = scope
        self._unknown_call_usd = unknown_call_usd
        self._tail = SpoolTail(home.spool)
        self._day: date | None = None
        self._read_at: float | None = None
        self._looked_at = 0.0
        self._has_news = False
        self._landed: frozenset[str] = frozenset()

    def read_lake(self, now: datetime, look_again_seconds: float) -> bool:
        """Read lake and spool if they have what was not read yet; whether a new day began."""
        is_new_day = self._scope.is_daily and self._day != now.date()
        if is_new_day or self._is_due(look_again_seconds):
            self._read_everything(now)
        self._day = now.date()
        return is_new_day

    def look(self, now: datetime) -> None:
        """Count what was appended to the spool since the last look, by whichever process."""
        for line in self._tail.new_lines():
            # A line of headers that leaves the call in doubt says nothing that its start did not.
            if not (line.endswith(_IN_DOUBT) and b',"http_status":' in line):
                self._see(_line(line), now)

    def close(self) -> None:
        """Close the segments that are watched."""
        self._tail.close()

    def _is_due(self, look_again_seconds: float) -> bool:
        now = time.monotonic()
        if self._read_at is None:
            return True
        # Settlements free what is held, which can wait: a settler in a program brings many.
        patience_seconds = look_again_seconds if self._has_news else READ_AGAIN_SECONDS
        if now - self._read_at > patience_seconds:
            return True
        if now - self._looked_at > look_again_seconds or self._tail.has_changed():
            self._looked_at = now
            return self._has_surprise()
        return False

    def _has_surprise(self) -> bool:
        # What landed from a segment was counted from the segment; other news is in other files.
        # A segment that went without landing is written again, or is lost.
        spooled, landed = self._tail.spooled_names(), _landed(self._home)
        news, gone = landed - self._landed - self._tail.names, self._tail.names - spooled - landed
        self._landed = (self._landed | self._tail.names) & landed
        self._tail.names &= spooled
        return bool(news or gone)

    def _read_everything(self, now: datetime) -> None:
        self.look(now)
        if self._scope.is_daily:
            self.tally.forget_days_before(now.date())
        landed = _landed(self._home)
        # The spool first: what is sealed meanwhile is in the lake when that is read.
        self._tail.close()
        calls, told = self._spooled()
        for event_id in self.tally.left_out():
            if event_id in calls and self._scope.covered(calls[event_id], now):
                self.tally.see(calls[event_id], Decimal(0))
        question = Question(
            str(self._home.root), self._scope, now, [*calls.values()], told, self.tally.left_out()
        )
        reading = read(question)
        held = ((name, self._reserved(usd)) for name, usd in reading.open_calls)
        self.tally.take(reading.spent_usd, held, reading.dearest_usd)
        self.prices, self._landed, self._has_news = reading.prices, landed, False
        self._read_at = self._looked_at = time.monotonic()

    def _spooled(self) -> tuple[dict[str, Call], list[Told]]:
        calls: dict[str, Call] = {}
        told: list[Told] = []
        for each in self._tail.new_lines():
            line = _line(each)
            if line.usage_events is not None:
                # One call has up to three lines; the one that says most counts.
                known = calls.setdefault(line.usage_events.event_id, line.usage_events)
                if _says(line.usage_events) >= _says(known):
                    calls[known.event_id] = line.usage_events
            if line.settlements is not None:
                told.append(line.settlements)
        return calls, told

    def _see(self, line: Line, now: datetime) -> None:
        call = line.usage_events
        if call is not None and self._scope.covered(call, now):
            self.tally.see(call, self._reserved(call.reserved_usd))
        self._has_news = self._has_news or line.settlements is not None

    def _reserved(self, reserved_usd: Decimal | None) -> Decimal:
        # Without a reservation it was made when there was no budget.
        return self._unknown_call_usd if reserved_usd is None else reserved_usd


def _says(call: Call) -> tuple[bool, bool, bool]:
    return (
        call.reported_cost_usd is not None,
        call.finished_at is not None,
        call.http_status is not None,
    )


def _line(line: bytes) -> Line:
    try:
        return _lines.decode(line)
    except msgspec.MsgspecError:
        return Line()  # Goes to quarantine when it is sealed, while its call stays in doubt.


def _landed(home: Home) -> frozenset[str]:
    """Names of the files of each table's two last days: whatever lands, lands in the last."""
    names: set[str] = set()
    for table_name in _TABLES:
        folder = home.lake / table_name
        for day in sorted(folder.glob("landed_date=*"))[-2:]:
            names.update(path.stem for path in day.glob("*.parquet"))
    return frozenset(names)


_lines = msgspec.json.Decoder(Line)
