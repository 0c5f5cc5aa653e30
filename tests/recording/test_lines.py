"""A line of the spool says exactly what its row holds."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ingest.money import loads
from ingest.recording.lines import json_fields

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.datetimes(timezones=st.just(UTC)),
)


@given(st.dictionaries(st.from_regex("[a-z_]+", fullmatch=True), VALUES))
def test_every_value_comes_back_as_it_was(row: dict[str, object]) -> None:
    read = loads(b"{" + json_fields(row) + b"}")
    said = {name: value for name, value in row.items() if value is not None}
    assert read.keys() == said.keys()
    for name, value in said.items():
        if isinstance(value, Decimal):
            assert Decimal(read[name]) == value
        elif isinstance(value, datetime):
            assert datetime.fromisoformat(read[name]) == value
        else:
            assert read[name] == value
