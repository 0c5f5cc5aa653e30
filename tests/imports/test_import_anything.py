"""Whatever a file holds: it is refused in a sentence, or every row of it is accounted for."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFile
from tests.imports.exports import CALL, DAY, Desk

columns = st.lists(
    st.sampled_from([*CALL, *DAY, "cost_cache", "user", "requests", "spend", "Größe", ""]),
    max_size=12,
)
needed = st.sampled_from(
    [["created_at", "cost_total", "model_permaslug"], ["Date", "Usage", "Slug"]]
)
cells = st.one_of(
    st.sampled_from([*CALL.values(), *DAY.values(), "", "-1", "1e999", "nan", "∞", '"', "\x00"]),
    st.text(max_size=8),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.datetimes(timezones=st.timezones()).map(str),
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_a_sentence(content: bytes) -> None:
    assert_accounted_for(b"created_at,cost,model\n" + content)
    assert_accounted_for(content)


@quick
@given(needed, columns, st.lists(st.lists(cells, max_size=14), max_size=6), st.sampled_from(",;\t"))
def test_any_mix_of_columns_and_cells_is_read_or_refused_in_a_sentence(
    first: list[str], more: list[str], rows: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO()
    header = first + [name for name in more if name not in first]
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    row_count = assert_accounted_for(text.getvalue().encode("utf-8", "surrogatepass"))
    expected = sum(any(cell.strip() for cell in row) for row in rows)
    assert row_count in (None, expected)


def assert_accounted_for(content: bytes) -> int | None:
    """Import; the number of rows, all of which landed or were set aside; `None` if refused."""
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        try:
            (file,) = desk.import_text(content).files
        except UnreadableFile:
            assert desk.rows("usage_events") == desk.rows("provider_activity") == []
            return None
        landed = len(desk.rows("usage_events")) + len(desk.rows("provider_activity"))
        assert landed == file.landed_count
        assert len(desk.rows("quarantine")) == file.quarantined_count
        again = desk.import_text(content).files[0]
        assert (again.landed_count, again.row_count) == (0, file.row_count)
        return file.row_count
