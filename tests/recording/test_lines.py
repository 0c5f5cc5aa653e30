"""A line of the spool says exactly what its row holds."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.money import loads
from ingest.recording.lines import Arrival, Departure, json_fields
from ingest.records import UsageEvent

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.dictionaries(st.sampled_from(Arrival.__struct_fields__), VALUES))
def test_every_value_comes_back_as_it_was(row: dict[str, Any]) -> None:
    read = loads(b"{" + json_fields(Arrival(**row)) + b"}")
    said = {name: value for name, value in row.items() if value is not None}
    assert read.keys() == said.keys()
    for name, value in said.items():
        if isinstance(value, Decimal):
            assert Decimal(read[name]) == value
        elif isinstance(value, datetime):
            assert datetime.fromisoformat(read[name]) == value
        else:
            assert read[name] == value


def test_both_halves_together_are_columns_of_usage_events() -> None:
    before, after = Departure.__struct_fields__, Arrival.__struct_fields__
    assert not set(before) & set(after)
    # The rest is what an import knows and a recorder does not.
    assert {*before, *after} < UsageEvent.model_fields.keys()
