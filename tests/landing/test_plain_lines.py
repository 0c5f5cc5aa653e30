"""Lines read many at a time give what each alone would give, to the last sign and digit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ingest.lake import to_frame
from ingest.landing.exact import read_line
from ingest.landing.plain import LINE, TEXT, PlainLines
from ingest.landing.rows import FEW_LINES, read_lines
from ingest.recording.lines import Arrival, Departure, json_fields
from ingest.records import Outcome, Record, Settlement

NOW = datetime(2026, 3, 29, 0, 59, 30, 250_000, tzinfo=UTC)
ORDER = (*Departure.__struct_fields__, *Arrival.__struct_fields__)


def line(event_id: str, *, status: str = "succeeded", **told: Any) -> bytes:
    """As the recorder writes it."""
    start = {"operation_id": "op", "attempt_number": 1, "endpoint": "images", "started_at": NOW}
    fields = {"event_id": event_id, **start, "status": status, **told}
    departure = Departure(**{name: fields[name] for name in _of(Departure, fields)})
    arrival = Arrival(**{name: fields[name] for name in _of(Arrival, fields)})
    return b'{"usage_events":{' + json_fields(departure) + b"," + json_fields(arrival) + b"}}"


def _of(half: type, fields: dict[str, Any]) -> list[str]:
    return [name for name in half.__struct_fields__ if name in fields]  # type: ignore[attr-defined]


FILLING = [line(f"filling-{number}") for number in range(FEW_LINES)]


def one_by_one(lines: list[bytes]) -> dict[str, pl.DataFrame]:
    """What pydantic makes of each line by itself."""
    records: dict[str, list[Record]] = {}
    for number, each in enumerate(lines, start=1):
        if each.strip():
            table_name, record = read_line("segment", number, each)
            records.setdefault(table_name, []).append(record)
    return {table_name: to_frame(table_name, rows) for table_name, rows in records.items()}


def assert_read_as_one_by_one(lines: list[bytes]) -> dict[str, pl.DataFrame]:
    content = b"".join(each + b"\n" for each in lines)
    together = last_of_each(read_lines("segment", content, lambda: 1))
    alone = last_of_each(one_by_one(lines))
    assert together.keys() == alone.keys()
    for table_name, rows in alone.items():
        assert_frame_equal(together[table_name], rows)
    return together


def last_of_each(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    events = tables["usage_events"].unique("event_id", keep="last", maintain_order=True)
    return {**tables, "usage_events": events}


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
amounts = st.decimals(-1, 600_000, allow_nan=False) | st.decimals(0, "0.001", allow_nan=False)
instants = st.datetimes(timezones=st.just(UTC))
counts = st.integers(-1, 10) | st.integers(2**53 - 1, 2**64)
told = st.fixed_dictionaries(
    {},
    optional={
        "ebook_id": texts, "stage": texts, "labels": texts, "usage_json": texts,
        "page_number": counts, "attempt_number": counts, "input_tokens": counts,
        "reported_cost_usd": amounts, "upstream_cost_usd": amounts, "is_byok": st.booleans(),
        "started_at": instants, "finished_at": instants,
        "status": st.sampled_from(["succeeded", "failed", "cancelled", "in_doubt", "done"]),
    },
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """A line of which a few bytes are gone, new or others."""
    place = draw(st.integers(0, len(whole)))
    gone = draw(st.integers(0, 3))
    new = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"\\", b",", b"}", b"1", b" ", b"e"]))
    return (whole[:place] + new + whole[place + gone :]).replace(b"\n", b"")


@given(st.data(), st.lists(told, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_many_lines_are_read_as_each_alone(data: st.DataObject, many: list[dict[str, Any]]) -> None:
    lines = [line(texts_of(data), **fields) for fields in many]
    bad = [data.draw(spoilt(each)) for each in lines]
    assert_read_as_one_by_one([*FILLING, *lines, *bad, *lines[:2]])


def texts_of(data: st.DataObject) -> str:
    return data.draw(st.sampled_from(["a", "b", 'with "quotes"', "with \\", "ü"]))


@given(st.lists(texts, min_size=1, max_size=8), instants, amounts)
@settings(deadline=None)
def test_outcomes_and_settlements_are_read_as_each_alone(
    reasons: list[str], instant: datetime, amount: Decimal
) -> None:
    outcomes = [
        Outcome(
            outcome_id=f"{number}", operation_id="op", outcome="rejected", reason=reason,
            decided_at=instant,
        )
        for number, reason in enumerate(reasons)
    ]  # fmt: skip
    cost = abs(amount) % 500_000
    settlement = Settlement(generation_id="gen-1", total_cost_usd=cost, observed_at=instant)
    lines = [
        f'{{"{name}":{row.model_dump_json(exclude_none=True)}}}'.encode()
        for name, rows in (("outcomes", outcomes), ("settlements", [settlement]))
        for row in rows
    ]
    assert_read_as_one_by_one([*FILLING, *lines])


@given(st.decimals(0, 400_000, places=22) | st.decimals(0, "1e-9", allow_nan=False))
@settings(deadline=None)
def test_money_is_rounded_half_to_even_at_twelve_places(amount: Decimal) -> None:
    halves = ["0.0000000000005", "0.0000000000015", "5E-13", "0.00000000000050000001"]
    lines = [line(text, reported_cost_usd=Decimal(text)) for text in (*halves, str(amount))]
    assert_read_as_one_by_one([*FILLING, *lines])


START, END = line("a", status="in_doubt"), line("a", input_tokens=7, page_number=3)
BAD = {
    "torn in the middle": END[:-30],
    "glued to a torn one": END[:60] + END,
    "bad UTF-8": END.replace(b"images", b"im\xffges"),
    "a number as text": END.replace(b'"input_tokens":7', b'"input_tokens":"seven"'),
    "a number with a point": END.replace(b'"page_number":3', b'"page_number":1.5'),
    "a text as number": END.replace(b'"images"', b"5"),
    "a field missing": END.replace(b'"endpoint":"images",', b""),
    "null where something must be": END.replace(b'"images"', b"null"),
    "a field nobody knows": END.replace(b'"page_number":3', b'"page":3'),
    "a negative count": END.replace(b'"input_tokens":7', b'"input_tokens":-7'),
    "a negative cost": END.replace(b'"input_tokens":7', b'"reported_cost_usd":"-0.1"'),
    "a cost beyond all measure": END.replace(b'"input_tokens":7', b'"reported_cost_usd":"5e5"'),
    "the least cost that no ledger holds": END.replace(
        b'"input_tokens":7', b'"reported_cost_usd":"500000"'
    ),
    "a count beyond all measure": END.replace(b":7", b":9223372036854775808"),
    "a count that would take years to write out": END.replace(b":7", b":1e999999999"),
    "no attempt": END.replace(b'"attempt_number":1', b'"attempt_number":0'),
    "a status nobody knows": END.replace(b"succeeded", b"perhaps"),
    "the 30th of February": END.replace(b"2026-03-29", b"2026-02-30"),
    "a 29th of February that was none": END.replace(b"2026-03-29", b"2026-02-29"),
    "no time zone": END.replace(b'250000Z"', b'250000"'),
    "half a pair of surrogates": END.replace(b"images", b"\\ud800"),
    "something behind it": END + b"}",
    "two on one line": START + END,
    "a table nobody knows": END.replace(b"usage_events", b"usage"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_end_is_quarantined_whole_and_its_attempt_stays_in_doubt(bad: bytes) -> None:
    tables = assert_read_as_one_by_one([*FILLING, START, bad, *FILLING])
    events = tables["usage_events"]
    assert events.filter(event_id="a")["status"].to_list() == ["in_doubt"]
    assert events.height == len(FILLING) + 1
    (row,) = tables["quarantine"].to_dicts()
    assert (row["line_number"], row["origin"]) == (len(FILLING) + 2, "segment")
    assert row["payload"] == bad.decode(errors="backslashreplace")
    assert row["reason"]


ODD = {
    "more digits than the ledger has": line("a", reported_cost_usd=Decimal("0.00765091690000005")),
    "more read from the cache than there was": line("a", input_tokens=1, cache_read_tokens=2),
    "ended before it began": line("a", finished_at=NOW - timedelta(hours=1)),
    "money as a number": END.replace(b'"input_tokens":7', b'"reported_cost_usd":0.1'),
    "the 29th of February": END.replace(b"2026-03-29", b"2028-02-29"),
    "other fields first": b'{"usage_events":{"status":"succeeded",'
    + START.removeprefix(b'{"usage_events":{').replace(b',"status":"in_doubt"', b""),
    "blanks between": END.replace(b",", b", "),
    "a time of another zone": END.replace(b'250000Z"', b'250000+02:00"'),
    "nulls": END.replace(b'"page_number":3', b'"page_number":null'),
    "a whole second": line("a", finished_at=NOW.replace(microsecond=0)),
    "an end of line from elsewhere": END + b"\r",
    "a pair of surrogates": END.replace(b"images", b"\\ud83e\\udd8a"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_odd_and_no_lie_lands(odd: bytes) -> None:
    """Its cost is real: what tells against it, tests of the warehouse tell."""
    tables = assert_read_as_one_by_one([*FILLING, START, odd])
    assert tables["usage_events"].filter(event_id="a")["status"].to_list() == ["succeeded"]
    assert "quarantine" not in tables


@pytest.mark.parametrize("name", ORDER)
def test_each_field_that_the_recorder_writes_is_plain(name: str) -> None:
    """None makes all lines slow, and none is dropped or mixed up with another."""
    value = {
        "status": "failed", "started_at": NOW, "first_byte_at": NOW, "finished_at": NOW,
        "is_streamed": True, "is_byok": False, "reserved_usd": Decimal("0.25"),
        "reported_cost_usd": Decimal("9.85E-7"), "upstream_cost_usd": Decimal(4),
    }.get(name)  # fmt: skip
    if value is None:
        value = (
            5 if name.endswith(("_tokens", "_number", "_count")) or name == "http_status" else "é"
        )
    fields: dict[str, Any] = {"event_id": "a", name: value}
    written = line(**fields)
    rows, others = PlainLines("usage_events", ORDER).read(frame([written]))
    assert others.is_empty()
    assert_frame_equal(rows.drop(LINE), one_by_one([written])["usage_events"])
    assert rows[name].to_list() == [value]


def test_what_is_taken_for_plain_and_cannot_be_read_has_all_read_by_themselves() -> None:
    """No line is known to do this; a later version of the reader might refuse one."""
    reader = PlainLines("usage_events", ORDER, latest=True)
    reader._pattern = "usage_events"
    for bad in (BAD["the 30th of February"], ODD["a whole second"]):
        lines = frame([START, bad, line("b")])
        rows, others = reader.read(lines)
        assert rows.is_empty()
        assert_frame_equal(others, lines)


def frame(lines: list[bytes]) -> pl.DataFrame:
    texts = [each.decode() for each in lines]
    return pl.DataFrame({LINE: range(len(lines)), TEXT: texts}, schema_overrides={LINE: pl.Int64})
