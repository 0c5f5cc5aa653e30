"""Files of the lake are exact, immutable and read together whatever columns they have."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ingest.errors import LakeUnreadable
from ingest.lake import Lake, columns, naming_spoilt_files, to_frame
from ingest.records import TABLES, Ebook, ProviderActivity, UsageEvent

NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
PRICE = Decimal("0.000000000001")


def ebook(ebook_id: str, **fields: object) -> Ebook:
    return Ebook.model_validate({"ebook_id": ebook_id, "recorded_at": NOW, **fields})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_money_times_and_counts_have_exact_types() -> None:
    types = columns(UsageEvent)
    assert types["reported_cost_usd"] == pl.Decimal(18, 12)
    assert types["started_at"] == pl.Datetime("us", "UTC")
    assert types["input_tokens"] == types["attempt_number"] == types["page_number"] == pl.Int64()
    assert (types["is_byok"], types["status"], types["labels"]) == (
        pl.Boolean(),
        pl.String(),
        pl.String(),
    )
    assert columns(ProviderActivity)["activity_date"] == pl.Date()


@pytest.mark.parametrize("table_name", TABLES)
def test_every_table_has_an_empty_frame_with_its_columns(table_name: str) -> None:
    frame = to_frame(table_name, [])
    assert frame.schema == columns(TABLES[table_name])


def test_what_lands_is_read_back_to_the_last_digit(lake: Lake) -> None:
    largest = Decimal("499999.999999999999")
    books = [ebook("a", list_price_usd=PRICE), ebook("b", list_price_usd=largest), ebook("c")]
    path = lake.land("ebooks", "segment", books, NOW)
    assert path == lake.root / "ebooks" / "landed_date=2026-10-25" / "segment.parquet"
    frame = lake.scan("ebooks").collect()
    assert frame.schema == columns(Ebook)
    assert frame["list_price_usd"].to_list() == [PRICE, largest, None]
    assert frame["landed_at"].to_list() == [NOW] * 3
    assert pl.read_parquet_schema(path) == columns(Ebook)


def test_a_name_lands_once_on_whatever_day_and_leaves_no_other_file(lake: Lake) -> None:
    assert lake.land("ebooks", "activity [1]", [ebook("a")], NOW) is not None
    assert (
        lake.land("ebooks", "activity [1]", [ebook("b")], datetime(2027, 1, 1, tzinfo=UTC)) is None
    )
    assert lake.land("ebooks", "activity 1", [ebook("c")], NOW) is not None
    assert lake.scan("ebooks").collect()["ebook_id"].sort().to_list() == ["a", "c"]
    assert sorted(file.name for file in lake.root.rglob("*") if file.is_file()) == [
        "activity 1.parquet",
        "activity [1].parquet",
    ]


def test_no_rows_make_no_file(lake: Lake) -> None:
    assert lake.land("ebooks", "segment", [], NOW) is None
    assert lake.scan("ebooks").collect().schema == columns(Ebook)
    assert not lake.root.exists()


def test_files_with_fewer_and_with_more_columns_are_read_together(lake: Lake) -> None:
    lake.land("ebooks", "now", [ebook("now", title="Fox")], NOW)
    folder = lake.root / "ebooks" / "landed_date=2020-01-01"
    folder.mkdir()
    older = to_frame("ebooks", [ebook("older")]).drop("title", "royalty_rate")
    older.write_parquet(folder / "older.parquet")
    newer = to_frame("ebooks", [ebook("newer")]).with_columns(pl.lit(1).alias("of_tomorrow"))
    newer.write_parquet(folder / "newer.parquet")
    frame = lake.scan("ebooks").collect().sort("ebook_id")
    assert frame.schema == columns(Ebook)
    assert frame.select("ebook_id", "title").rows() == [
        ("newer", None),
        ("now", "Fox"),
        ("older", None),
    ]


def test_an_unfinished_file_is_invisible(lake: Lake) -> None:
    lake.land("ebooks", "whole", [ebook("a")], NOW)
    (lake.root / "ebooks" / "landed_date=2026-10-25" / ".half.parquet.1.unfinished").write_bytes(
        b"PA"
    )
    assert lake.scan("ebooks").collect()["ebook_id"].to_list() == ["a"]


def test_a_day_is_a_day(lake: Lake) -> None:
    activity = ProviderActivity(
        snapshot_id="s", source="activity_api", activity_date=date(2026, 10, 25), model="m",
        usage_usd=PRICE, request_count=1,
    )  # fmt: skip
    lake.land("provider_activity", "s", [activity], NOW)
    assert lake.scan("provider_activity").collect()["activity_date"].to_list() == [
        date(2026, 10, 25)
    ]


@pytest.mark.parametrize("size", [0, 3, 500])
def test_a_file_that_is_not_whole_is_named_with_what_to_do(lake: Lake, size: int) -> None:
    path = lake.land("ebooks", "segment", [ebook("a")], NOW)
    assert path is not None
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(LakeUnreadable, match=f"{path} is not whole: bring it back from a backup"):
        lake.scan("ebooks")
    with pytest.raises(LakeUnreadable):
        lake.merge([path])


def test_a_file_that_is_spoilt_inside_is_named_with_what_to_do(lake: Lake) -> None:
    lake.land("ebooks", "whole", [ebook("a")], NOW)
    path = lake.land("ebooks", "spoilt", [ebook(f"b{number}") for number in range(50)], NOW)
    assert path is not None
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(200) + content[204:])
    told = f"{path} is spoilt inside: bring it back from a backup"
    with pytest.raises(LakeUnreadable, match=told), naming_spoilt_files(lake):
        lake.scan("ebooks").collect()
    with pytest.raises(LakeUnreadable, match=told):
        lake.merge([path])


def test_a_file_that_was_merged_before_it_was_read_is_found_in_the_other(lake: Lake) -> None:
    path = lake.land("ebooks", "whole", [ebook("a")], NOW)
    assert path is not None
    rows = lake.scan("ebooks")
    lake.merge([path])
    assert not path.exists()
    assert rows.collect()["ebook_id"].to_list() == ["a"]
