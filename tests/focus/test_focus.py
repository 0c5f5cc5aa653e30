"""What `inkledger export focus` writes is FOCUS, and the ledger to the last digit."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from focus_data_toolkit.model import lint_focus_1_4_structure, load_model
from focus_data_toolkit.model.validator import COND_MULTIPLE_PRICING_CATEGORIES, COND_UNIT_PRICING

from ingest.settings import Home
from ingest.warehouse.focus import export_focus
from ingest.warehouse.report import opened
from tests.conftest import run_inkledger
from tests.focus.conftest import FORMULA, Rows, ask, read_csv

CHECKOUT = Path(__file__).parents[2]
KILLED_AT_STEP = str(CHECKOUT / "tests" / "torture" / "killed_at_step.py")
VALIDATOR = CHECKOUT / ".venv-focus" / "bin" / "focus-validator"
"""The environment of `make .venv-focus/.ready`."""
SUPPORTED = (
    "ACCOUNT_NAMING_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED", "USAGE_MEASUREMENT_SUPPORTED",
    "UNIT_PRICING_SUPPORTED", "SUB_ACCOUNT_SUPPORTED", "TAGGING_SUPPORTED",
    "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED", "RESOURCE_TYPE_ASSIGNMENT_SUPPORTED",
    "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
)  # fmt: skip
TOLERATED = {
    "no other currency": re.compile(
        r"CostAndUsage-D-04[678]-C|CostAndUsage-D-05[012456]-C"
        r"|PricingCurrency(ContractedUnitPrice|EffectiveCost|ListUnitPrice)-C-\d+-\w"
    ),
    "no commitments": re.compile(r"ConsumedQuantity-C-00[03456]-\w"),
    "no invoices": re.compile(r"InvoiceId-C-005-C"),
}
"""Rules of the validator that docs/focus.md says the reason for."""

CsvRows = Callable[[str], Rows]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_1_2_passes_the_validator_of_the_finops_foundation(
    ledger: Path, exported: object, file_format: str, tmp_path: Path
) -> None:
    if not VALIDATOR.exists():
        assert not ("CI" in os.environ and _has_python_3_12()), "make .venv-focus/.ready failed"
        pytest.skip("needs Python 3.12 and make .venv-focus/.ready")
    passed, failed = _validate(ledger / "exports" / f"focus-1.2.{file_format}", tmp_path)
    assert passed > 200
    assert [
        rule for rule in failed if not any(rules.fullmatch(rule) for rules in TOLERATED.values())
    ] == []
    for reason, rules in TOLERATED.items():
        assert any(map(rules.fullmatch, failed)), f"nothing has to be tolerated any more: {reason}"


def _has_python_3_12() -> bool:
    if not shutil.which("python3.12"):
        return False
    asked = subprocess.run(
        ["python3.12", "--version"],
        env={**os.environ, "PYENV_VERSION": "3.12"},
        capture_output=True,
        check=False,
    )
    return asked.returncode == 0


def _validate(file: Path, folder: Path) -> tuple[int, list[str]]:
    """How many rules a file passed, and which not."""
    # It looks for its list of currencies below the folder that it is run in.
    packages = next(VALIDATOR.parents[1].glob("lib/python3*/site-packages"))
    (folder / "focus_validator").symlink_to(packages / "focus_validator")
    finished = subprocess.run(
        [
            VALIDATOR, "--data-file", file, "--validate-version", "1.2", "--block-download",
            "--focus-dataset", "CostAndUsage", "--applicability-criteria", ",".join(SUPPORTED),
        ],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    totals = re.search(r"Pass: (\d+) \| Fail: (\d+)", finished.stdout)
    assert totals, finished.stdout + finished.stderr
    failed = re.findall(r"^\S+ (\S+): FAIL", finished.stdout, re.MULTILINE)
    assert len(failed) == int(totals[2])
    return int(totals[1]), failed


def test_1_4_fits_the_published_model(rows: CsvRows, demo_rows: Rows) -> None:
    conditions = {COND_UNIT_PRICING, COND_MULTIPLE_PRICING_CATEGORIES}
    for dataset in (rows("1.4"), demo_rows):
        report = lint_focus_1_4_structure(
            "Cost and Usage", dataset, supported_conditions=conditions
        )
        assert report.messages() == []
        assert report.row_count == len(dataset) > 0


def test_1_4_has_the_types_of_the_published_model(ledger: Path, exported: object) -> None:
    columns = load_model()["datasets"]["Cost and Usage"]["columns"]
    kinds = {
        "Decimal": pl.Decimal,
        "Date/Time": pl.Datetime,
        "String": pl.String,
        "JSON": pl.String,
    }
    schema = pl.read_parquet_schema(ledger / "exports" / "focus-1.4.parquet")
    wrong = {
        name: kind
        for name, kind in schema.items()
        if not name.startswith("x_") and not isinstance(kind, kinds[columns[name]["data_type"]])
    }
    assert wrong == {}


@pytest.mark.parametrize("version", ["1.4", "1.2"])
def test_the_rows_of_each_call_sum_to_the_ledger(ledger: Path, rows: CsvRows, version: str) -> None:
    _assert_sums_are_the_ledgers(rows(version), ledger)


def test_the_demo_sums_to_its_ledger(demo_rows: Rows, demo_home: Path) -> None:
    _assert_sums_are_the_ledgers(demo_rows, demo_home)
    total = ask(demo_home, "select cost_usd from fct_ledger_status")[0][0]
    assert _sum(demo_rows, "EffectiveCost") == total > 0


def _assert_sums_are_the_ledgers(exported: Rows, home: Path) -> None:
    usage = [row for row in exported if row["ChargeCategory"] == "Usage"]
    told = {
        event_id: sums
        for event_id, *sums in ask(
            home,
            """
            select event_id, coalesce(cost_usd, 0), cost_usd, coalesce(openrouter_cost_usd, 0),
                coalesce(upstream_cost_usd, 0), fee_share_usd
            from fct_attempts
            """,
        )
    }
    calls: dict[str, Rows] = defaultdict(list)
    for row in usage:
        calls[row["x_EventId"]].append(row)
    assert {
        event_id: [
            _sum(lines, "EffectiveCost"),
            _sum(lines, "x_LedgerCost") if any(line["x_LedgerCost"] for line in lines) else None,
            _sum(_of_openrouter(lines), "EffectiveCost"),
            _sum(lines, "x_UpstreamCost"),
            _sum(lines, "x_FeeShare") if any(line["x_FeeShare"] for line in lines) else None,
        ]
        for event_id, lines in calls.items()
    } == told


def test_tokens_are_counted_once(ledger: Path, rows: CsvRows) -> None:
    counted: Counter[str] = Counter()
    for row in rows("1.4"):
        if row["x_EventId"] not in ("refused", "lost") and row["ConsumedUnit"] == "Tokens":
            counted[row["x_EventId"]] += int(Decimal(row["ConsumedQuantity"]))
    assert dict(counted) == dict(
        ask(
            ledger,
            "select event_id, input_tokens + output_tokens from fct_attempts "
            "where event_id not in ('refused', 'lost')",
        )
    )


def test_calls_untracked_and_own_keys_are_the_whole_bill(ledger: Path, rows: CsvRows) -> None:
    by_category: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows("1.4"):
        by_category[row["ChargeCategory"]] += Decimal(row["EffectiveCost"])
    ((cost_usd, untracked_usd),) = ask(
        ledger, "select cost_usd, untracked_usd from fct_ledger_status"
    )
    assert by_category == {"Usage": cost_usd, "Adjustment": untracked_usd, "Purchase": 0}
    assert untracked_usd == Decimal("0.25")
    upstream = [row for row in rows("1.4") if row["InvoiceIssuerName"] != "OpenRouter"]
    assert {row["x_EventId"] for row in upstream} == {"own-key", "own-key-without-fee"}
    assert {row["InvoiceIssuerName"] for row in upstream} == {"Google"}


def test_only_what_was_paid_for_credits_is_billed(rows: CsvRows) -> None:
    billed = [row for row in rows("1.4") if Decimal(row["BilledCost"])]
    assert [(row["ChargeCategory"], row["BilledCost"]) for row in billed] == [("Purchase", "26.38")]


def test_an_unknown_cost_is_no_cost_of_the_ledger_and_counted(
    rows: CsvRows, exported: dict[str, "subprocess.CompletedProcess[str]"]
) -> None:
    unknown = [row for row in rows("1.4") if row["x_CostStatus"] in ("unknown", "in_doubt")]
    assert {row["x_EventId"] for row in unknown} == {"silent", "lost"}
    assert {row["x_LedgerCost"] for row in unknown} == {""}
    assert "Of 2 attempts nobody knows the cost yet" in exported["1.4"].stderr
    # The provider refused: that it cost nothing is known.
    refused = [row for row in rows("1.4") if row["x_EventId"] == "refused"]
    assert {row["x_CostStatus"] for row in refused} == {"confirmed"}


def test_what_the_validator_cannot_check_holds(rows: CsvRows) -> None:
    for row in rows("1.2"):
        is_usage = row["ChargeCategory"] == "Usage"
        assert bool(row["ConsumedQuantity"]) == bool(row["ConsumedUnit"]) == is_usage
        assert row["InvoiceId"] == ""
        assert row["x_ChargeDate"] == row["ChargePeriodStart"][:10]
    ids = defaultdict(set)
    for row in rows("1.2"):
        if not row["SkuPriceId"].endswith(":unlisted"):
            ids[row["SkuPriceId"]].add(row["ListUnitPrice"])
    assert all(len(prices) == 1 for prices in ids.values())


def test_both_formats_hold_the_same(ledger: Path, rows: CsvRows) -> None:
    for version in ("1.4", "1.2"):
        parquet = pl.read_parquet(ledger / "exports" / f"focus-{version}.parquet")
        for cells, row in zip(rows(version), parquet.iter_rows(named=True), strict=True):
            assert list(cells) == list(row)
            for name, value in row.items():
                assert cells[name].removeprefix("'") == _as_cell(value), name


def _as_cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            digits = f"{value:f}".rstrip("0")
            return f"{digits}0" if digits.endswith(".") else digits
        case str() | int():
            return str(value)
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return f"{value}"


def test_no_cell_is_a_formula(ledger: Path, rows: CsvRows) -> None:
    texts = [
        cell
        for row in rows("1.4")
        for cell in row.values()
        if cell.startswith(("=", "+", "-", "@", "\n")) and not re.fullmatch(r"-[\d.]+", cell)
    ]
    assert texts == []
    names = {
        (row["ResourceName"], row["SubAccountName"], row["HostProviderName"]) for row in rows("1.4")
    }
    assert {f"'{FORMULA}", "'-studio", "'+1"} <= {name for each in names for name in each}
    whole = pl.read_parquet(ledger / "exports" / "focus-1.4.parquet")
    assert FORMULA in whole["ResourceName"].to_list()


def test_months_are_the_parts_of_the_whole(ledger: Path, rows: CsvRows, tmp_path: Path) -> None:
    parts = []
    for month in ("2026-04", "2026-05", "2026-06"):
        arguments = ("--month", month, "--format", "csv", "--output", str(tmp_path))
        finished = run_inkledger(ledger, "export", "focus", *arguments)
        assert finished.stdout == f"{tmp_path / f'focus-1.4-{month}.csv'}\n", finished.stderr
        parts.append(read_csv(tmp_path / f"focus-1.4-{month}.csv"))
    assert parts[0] + parts[1] + parts[2] == rows("1.4")
    assert [row["x_EventId"] for row in parts[1]] == ["in-may"] * len(parts[1]) != []
    assert parts[2] == []


def test_a_month_that_did_not_change_is_the_same_file_after_everything_was_built_again(
    ledger: Path, exported: object
) -> None:
    before = _contents(ledger / "exports")
    assert run_inkledger(ledger, "build", "--full-refresh").returncode == 0
    for version in ("1.4", "1.2"):
        assert run_inkledger(ledger, "export", "focus", "--version", version).returncode == 0
    # Nothing of the old files, nor of unfinished ones, is left.
    assert _contents(ledger / "exports") == before
    assert set(before) == {
        ".focus.lock",
        *(f"focus-{version}.{each}" for version in ("1.2", "1.4") for each in ("csv", "parquet")),
    }


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_billing_account_is_as_told(ledger: Path, tmp_path: Path) -> None:
    finished = run_inkledger(
        ledger, "export", "focus", "--billing-account", "org-7", "--output", str(tmp_path),
        "--format", "csv",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    accounts = {row["BillingAccountId"] for row in read_csv(tmp_path / "focus-1.4.csv")}
    # Whoever bills a key of our own has an account of ours, too.
    assert accounts == {"org-7", "google"}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (("--month", "April"), 2, "'April' is not a month like 2026-04."),
        (("--version", "1.0"), 2, "'1.0' is not one of '1.4', '1.2'"),
        (("--billing-account", " "), 2, "it must not be empty."),
        (("--output", "/dev/null/exports"), 1, "Nothing was exported to /dev/null/exports"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    ledger: Path, arguments: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    finished = run_inkledger(ledger, "export", "focus", *arguments)
    assert finished.returncode == exit_code
    assert sentence in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
    assert finished.stdout == ""


@pytest.mark.parametrize("name", ["ChargeCategory=x/month=2026-04", "~", "it's [1] \"?*"])
def test_a_folder_may_have_any_name(ledger: Path, exported: object, name: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "ingest.command", "export", "focus", "--output", name],
        env={**os.environ, "INKLEDGER_HOME": str(ledger), "PYTHONPATH": str(CHECKOUT)},
        cwd=ledger,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    for file in ("focus-1.4.csv", "focus-1.4.parquet"):
        assert (ledger / name / file).read_bytes() == (ledger / "exports" / file).read_bytes()


def test_what_a_killed_export_left_goes_with_the_next(ledger: Path, exported: object) -> None:
    folder = ledger / "killed"
    command = ("export", "focus", "--output", str(folder))
    for _ in range(2):
        killed = subprocess.run(
            [sys.executable, KILLED_AT_STEP, f"os.rename {folder}/.focus-", *command],
            env={**os.environ, "INKLEDGER_HOME": str(ledger), "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert len(list(folder.glob(".focus-*"))) == 1
        assert not list(folder.glob("focus-*"))
    assert run_inkledger(ledger, *command).returncode == 0
    assert {file.name for file in folder.iterdir()} == {
        "focus-1.4.csv", "focus-1.4.parquet", ".focus.lock",
    }  # fmt: skip


def test_the_last_month_of_the_calendar_is_a_month(ledger: Path, tmp_path: Path) -> None:
    arguments = ("--month", "9999-12", "--output", str(tmp_path))
    finished = run_inkledger(ledger, "export", "focus", *arguments)
    assert finished.returncode == 0, finished.stderr


def test_several_exports_at_once_into_one_folder_are_all_whole(
    ledger: Path, exported: object, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda _: export_focus(Home(ledger).warehouse, tmp_path), range(8)):
            pass
    for file in ("focus-1.4.csv", "focus-1.4.parquet"):
        assert (tmp_path / file).read_bytes() == (ledger / "exports" / file).read_bytes()


def test_an_interrupted_query_is_an_interruption(ledger: Path) -> None:
    """DuckDB looks for Ctrl-C between its tasks, and then says it in words of its own."""
    with pytest.raises(KeyboardInterrupt), opened(Home(ledger).warehouse):
        raise RuntimeError("Query interrupted")


def test_without_a_warehouse_it_says_what_to_do(tmp_path: Path) -> None:
    finished = run_inkledger(tmp_path / "empty", "export", "focus")
    assert finished.returncode == 1
    assert finished.stderr.endswith("yet: run `inkledger build`.\n")
    assert not (tmp_path / "empty").exists()


@pytest.fixture(scope="session")
def demo_rows(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder = tmp_path_factory.mktemp("focus of the demo")
    arguments = ("--format", "csv", "--output", str(folder))
    finished = run_inkledger(demo_home, "export", "focus", *arguments)
    assert finished.returncode == 0, finished.stderr
    assert "No purchase of credits is known" in finished.stderr
    return read_csv(folder / "focus-1.4.csv")


def _of_openrouter(lines: Rows) -> Rows:
    return [line for line in lines if line["InvoiceIssuerName"] == "OpenRouter"]


def _sum(lines: Iterable[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(line[name]) for line in lines if line[name]), Decimal())
