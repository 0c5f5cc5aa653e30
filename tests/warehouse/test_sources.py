"""What dbt was told about its sources and marts, beside what they are."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.lake import columns
from ingest.records import TABLES
from ingest.settings import Home
from ingest.warehouse.build import BuildResult

PROJECT = Path(__file__).parents[2]

Manifest = dict[str, Any]

PARQUET_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "boolean": pl.Boolean(),
    "bigint": pl.Int64(),
    "decimal(18,12)": pl.Decimal(18, 12),
    "timestamptz": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
}


@pytest.fixture(scope="module")
def manifest(built: BuildResult, home: Home) -> Manifest:
    """How dbt itself understood the project when it built."""
    text = (home.build / "target" / "manifest.json").read_text(encoding="utf-8")
    manifest: Manifest = json.loads(text)
    return manifest


def marts(manifest: Manifest) -> dict[str, Any]:
    nodes = manifest["nodes"].values()
    return {node["name"]: node for node in nodes if node["path"].startswith("marts/")}


def test_dbt_knows_every_table_of_the_lake_and_no_other(manifest: Manifest) -> None:
    assert {source["name"] for source in manifest["sources"].values()} == TABLES.keys()


@pytest.mark.parametrize("table_name", TABLES)
def test_model_parquet_and_dbt_source_have_the_same_columns(
    manifest: Manifest, table_name: str
) -> None:
    declared = manifest["sources"][f"source.inkledger.lake.{table_name}"]["columns"]
    types = {name: PARQUET_TYPES[column["data_type"]] for name, column in declared.items()}
    assert list(types.items()) == list(columns(TABLES[table_name]).items())


def test_every_column_of_the_lake_and_of_the_marts_is_described(manifest: Manifest) -> None:
    tables = [*manifest["sources"].values(), *marts(manifest).values()]
    silent = [
        f"{table['name']}.{name}"
        for table in tables
        for name, column in table["columns"].items()
        if not column["description"]
    ]
    assert silent == []


def test_every_mart_states_its_grain_and_keeps_a_contract(manifest: Manifest) -> None:
    for name, mart in marts(manifest).items():
        assert mart["description"].startswith("One row"), name
        assert mart["config"]["contract"]["enforced"], name


def test_whoever_reads_marts_is_named_with_the_marts_it_reads(manifest: Manifest) -> None:
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    pages = {f"{path.stem}_page" for path in (PROJECT / "app" / "screens").glob("[!_]*.py")}
    notebooks = {path.stem for path in (PROJECT / "notebooks").glob("*.py")}
    assert exposures.keys() == pages | notebooks | {"report", "estimate", "export_focus"}
    # The ledger by the day on which it was billed is in no mart yet.
    readable = marts(manifest).keys() | {"int_billed_days"}
    for exposure in exposures.values():
        read = {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}
        assert read
        assert read <= readable
