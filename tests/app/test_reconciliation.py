"""The ledger against the bill, and an export that is dropped on the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.formats import literal
from app.importing import ALLOWED, ImportRefused, land, stage
from tests.app.conftest import ChangeDemo, OpenApp, spoken, tiles
from tests.conftest import run_inkledger

HOSTILE = "'; drop table fct_attempts; --"
CALLS = (
    "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug,"
    "provider_name,variant,cancelled,streamed\n"
    "gen-1,2026-04-15 20:11:45.760,0.25,10,20,a/b,One,standard,false,true\n"
    "gen-2,2026-04-16 20:11:45.760,0.5,10,20,a/b,One,standard,false,true\n"
)
DAYS = (
    '"Date","Slug","Usage","BYOK Usage","Requests","Prompt Tokens","Completion Tokens",'
    '"Reasoning Tokens","API Key"\n'
    '"2026-04-15 00:00:00","a/b","0.25","0","1","10","20","0","Unknown"\n'
    '"2026-04-16 00:00:00","a/b","0.75","0","2","20","40","0","Unknown"\n'
)


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two calls, and a bill of three."""
    home = tmp_path_factory.mktemp("billed")
    for name, content in (("calls.csv", CALLS), ("days.csv", DAYS)):
        (home / name).write_text(content)
        assert run_inkledger(home, "import", "activity", str(home / name)).returncode == 0
    assert run_inkledger(home, "build").returncode == 0
    return home


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home into which the app may import."""
    monkeypatch.setenv(ALLOWED, "1")
    monkeypatch.setenv("INKLEDGER_HOME", str(tmp_path))
    return tmp_path


def test_the_page_says_what_the_report_says(open_app: OpenApp, billed: Path) -> None:
    app, report = open_app(billed, "reconciliation"), _report(billed)
    assert not app.exception
    (open_class,) = report["classes"]
    amount, requests = open_class["amount_usd"], open_class["requests"]
    assert (
        f"≠ **Open**: {open_class['class'].replace('_', ' ')} {amount} USD ({requests})."
        in spoken(app)
    )
    assert tiles(app)["Days"] == (str(report["day_count"]), "1 differ")
    assert amount in spoken(app)


def test_without_a_bill_nothing_is_called_balanced(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo(
        "delete from fct_reconciliation_days", "delete from fct_reconciliation_balances"
    )
    app = open_app(home, "reconciliation")
    assert not app.exception
    assert "Nothing to compare with" in spoken(app)
    assert "Balanced" not in spoken(app)


@pytest.mark.parametrize("look", ["evidence", "unknown", "differences", "days", "import"])
def test_what_a_link_asks_for_comes_first(open_app: OpenApp, billed: Path, look: str) -> None:
    first = {
        "days": "Day by day",
        "differences": "Why they differ",
        "unknown": "Costs nobody has said yet",
        "evidence": "Evidence",
        "import": "Import an activity export",
    }
    app = open_app(billed, "reconciliation", look=look)
    assert app.subheader[0].value == first[look]


def test_a_day_in_the_address_is_shown(open_app: OpenApp, billed: Path) -> None:
    app = open_app(billed, "reconciliation", day="2026-04-15")
    assert "Generations of 15 Apr 2026" in [block.value for block in app.subheader]


@pytest.mark.parametrize("name", ["day", "year", "look"])
def test_a_hostile_address_changes_nothing(open_app: OpenApp, billed: Path, name: str) -> None:
    app = open_app(billed, "reconciliation", **{name: HOSTILE})
    assert not app.exception
    assert "Generations of 16 Apr 2026" in [block.value for block in app.subheader]


def test_without_the_flag_nothing_can_be_dropped(
    open_app: OpenApp, billed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ALLOWED, raising=False)
    app = open_app(billed, "reconciliation")
    assert "`inkledger serve --allow-import`" in spoken(app)
    assert not app.file_uploader
    with pytest.raises(ImportRefused, match="--allow-import"):
        land("calls.csv", CALLS.encode())


def test_a_dropped_file_is_shown_before_it_lands(
    open_app: OpenApp, billed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    before = sorted(billed.glob("lake/**/*.parquet"))
    app = open_app(billed, "reconciliation", look="import")
    more = CALLS.replace("gen-", "gen-9").encode()
    app.file_uploader(key="dropped").upload("more.csv", more, "text/csv").run(timeout=60)
    assert not app.exception
    assert "**2 calls** new to the lake" in spoken(app)
    assert "Nothing of it has landed" in spoken(app)
    assert [str(cost) for cost in app.dataframe[0].value["told_usd"]] == [
        "0.250000000000",
        "0.500000000000",
    ]
    assert sorted(billed.glob("lake/**/*.parquet")) == before


def test_what_is_here_already_offers_nothing_to_land(
    open_app: OpenApp, billed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    app = open_app(billed, "reconciliation", look="import")
    app.file_uploader(key="dropped").upload("again.csv", CALLS.encode(), "text/csv")
    app.run(timeout=60)
    assert "2 calls here already" in spoken(app)
    assert not _buttons(app, "Land it and build")


def test_a_file_lands_once_however_often_it_is_dropped(allowed: Path) -> None:
    landing = land("calls.csv", CALLS.encode())
    with pytest.raises(ImportRefused, match="still running"):
        land("calls.csv", CALLS.encode())
    assert landing.wait(120)
    assert landing.failure is None
    assert (allowed / "warehouse.duckdb").exists()
    assert stage("calls.csv", CALLS.encode()).known_count == 2
    assert _report(allowed)["day_count"] == 0
    assert json.loads(run_inkledger(allowed, "report", "status", "--format", "json").stdout)[
        "cost_usd"
    ] == ("0.75")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"dear diary", "notes.txt"),
        ("torn.csv.gz", b"\x1f\x8b torn", "damaged gzip"),
        ("book.xlsx", b"PK\x03\x04", "Excel"),
        ("", b"", "empty"),
        ("../../-rf $(x).csv", b"", "rf_x_.csv is empty"),
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence(
    allowed: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(ImportRefused, match=said) as refused:
        stage(name, content)
    assert "\n" not in str(refused.value)
    assert not (allowed / "lake").exists()


def test_what_a_file_says_is_not_markup() -> None:
    assert literal("![x](http://a) *b*\n# c") == r"\!\[x\]\(http\://a\) \*b\* \# c"


def _report(home: Path) -> Any:
    finished = run_inkledger(home, "report", "reconciliation", "--format", "json")
    return json.loads(finished.stdout)


def _buttons(app: AppTest, label: str) -> list[Any]:
    return [button for button in app.button if button.label == label]
