"""What serves several ebooks is borne by them in equal parts, also by those that come later."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.command.warehouse import print_report
from ingest.lake import to_frame
from ingest.records import Record
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_ebooks
from tests.warehouse.histories import Landing, land
from tests.warehouse.rows import NOON, attempt, ebook

WOODS = '{"series": "Woods"}'


class Publisher:
    """Lands rows and builds; each build adds to what is there."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._count = 0

    def land(self, table_name: str, *records: Record) -> None:
        land(self.home, [Landing(table_name, records)], self._count)
        self._count += 1

    def shares(self) -> dict[str, tuple[str, str]]:
        """Ebook → its part of shared calls, and that with its cost, after another build."""
        build_warehouse(self.home)
        return {
            row["ebook_id"]: (row["shared_cost_usd"], row["full_cost_usd"])
            for row in read_ebooks(self.home.warehouse)
        }

    def parts(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(
                "select stage, ebook_id, ebook_count, cost_usd from fct_allocated_costs"
            ).fetchall()


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(Home(tmp_path))


@pytest.mark.long
def test_a_series_is_borne_by_its_ebooks_of_now(publisher: Publisher) -> None:
    style = {"stage": "style", "labels": WOODS, "reported_cost_usd": Decimal("0.000000000010")}
    own = {"ebook_id": "forest", "labels": WOODS, "reported_cost_usd": Decimal("0.5")}
    publisher.land("usage_events", attempt("style", **style), attempt("own", **own))
    assert publisher.shares() == {
        "forest": ("0", "0.5"),
        "unattributed": ("0", "0.00000000001"),
    }
    assert publisher.parts() == [("style", "unattributed", 0, Decimal("1E-11"))]

    names = ("forest", "meadow", "river")
    publisher.land("ebooks", *(ebook(name, series="Woods") for name in names))
    assert publisher.shares() == {
        "forest": ("0.000000000004", "0.500000000004"),
        "meadow": ("0.000000000003", "0.000000000003"),
        "river": ("0.000000000003", "0.000000000003"),
        "unattributed": ("-0.00000000001", "0"),
    }

    # Another series has it now, and a call of the same day lands late.
    moved = ebook("river", series="Seas", recorded_at=NOON + timedelta(days=1))
    publisher.land("ebooks", moved)
    publisher.land("usage_events", attempt("again", **style))
    assert publisher.shares() == {
        "forest": ("0.00000000001", "0.50000000001"),
        "meadow": ("0.00000000001", "0.00000000001"),
        "river": ("0", "0"),
        "unattributed": ("-0.00000000002", "0"),
    }


def test_several_named_ebooks_bear_it_whoever_they_are(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    usd = Decimal("0.3")
    publisher.land(
        "usage_events",
        attempt(
            "both", ebook_ids='["forest", "nobody knows"]', labels=WOODS, reported_cost_usd=usd
        ),
        attempt("none", ebook_ids="forest, river", reported_cost_usd=usd),
        attempt("own", ebook_id="forest", ebook_ids='["meadow", "river"]', reported_cost_usd=usd),
        attempt("silent", ebook_ids='["forest", "nobody knows"]'),
    )
    publisher.land("ebooks", ebook("meadow", series="Woods"))
    assert publisher.shares() == {
        "forest": ("0.15", "0.45"),
        "meadow": ("0", "0"),
        "nobody knows": ("0.15", "0.15"),
        "unattributed": ("-0.3", "0.3"),
    }
    print_report(publisher.home, "ebooks")
    table = capsys.readouterr().out
    assert "Shared USD" in table
    assert max(map(len, table.splitlines())) <= 80
    (sums,) = (line for line in table.splitlines() if line.startswith("Sum"))
    assert sums.split()[-2:] == ["0.900000", "0.000000"]


def test_files_from_before_there_were_shared_calls_are_read_as_they_were(
    publisher: Publisher,
) -> None:
    row = attempt("old", reported_cost_usd=Decimal("0.1"), labels=WOODS, landed_at=NOON)
    folder = publisher.home.lake / "usage_events" / "landed_date=2026-04-01"
    folder.mkdir(parents=True)
    frame: pl.DataFrame = to_frame("usage_events", [row])
    frame.drop("ebook_ids").write_parquet(folder / "old.parquet")
    publisher.land("ebooks", ebook("forest", series="Woods"))
    assert publisher.shares() == {"forest": ("0.1", "0.1"), "unattributed": ("-0.1", "0")}
