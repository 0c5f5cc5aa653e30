"""Somebody's own questions: answered within limits, and nothing but answered."""

import io
import os
import time
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from app.downloads import to_csv, to_parquet
from app.warehouse import Answer, Question, QuestionFailed, Warehouse
from tests.app.conftest import WHOLE, ChangeDemo, OpenApp, spoken

ENDLESS = "select sum(range) from range(1000000000000)"


def test_a_question_is_answered_on_the_page(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "explore", sql="select ebook_id from dim_ebooks order by 1")
    app.button[0].click().run()
    assert not app.exception
    assert "12 rows" in spoken(app) or "13 rows" in spoken(app)


def test_a_saved_question_may_have_any_name_and_may_be_gone(
    open_app: OpenApp, change_demo: ChangeDemo
) -> None:
    home = change_demo()
    saved = home / "questions"
    saved.mkdir()
    for name in (b"odd\xff.sql", b"gone.sql"):
        Path(os.fsdecode(os.fsencode(saved) + b"/" + name)).write_text("select 42")
    app = open_app(home, "explore")
    assert not app.exception
    app.selectbox(key="saved").set_value("odd\ufffd").run()
    assert app.text_area[0].value == "select 42"
    (saved / "gone.sql").unlink()
    (saved / "gone.sql").symlink_to("/proc/self/mem")
    app.selectbox(key="saved").set_value("gone").run()
    assert not app.exception
    assert "gone cannot be read" in spoken(app)


def test_what_marts_and_columns_are_stands_beside_it(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "explore", table="fct_attempts")
    columns = app.dataframe[0].value
    assert "cost_usd" in set(columns["column_name"])
    assert all(columns["description"])


def test_the_pages_own_measures_can_be_asked_for(demo_home: Path) -> None:
    answer = _ask(demo_home, "select sum(cost_usd) as usd from spent($view)")
    (status,) = _ask(demo_home, "select cost_usd from fct_ledger_status").rows
    assert answer.rows == [{"usd": status["cost_usd"]}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "One `select`"),
        ("drop table fct_attempts", "One `select`"),
        ("select 1; drop table fct_attempts", "One `select`"),
        ("copy (select 1) to 'stolen.csv'", "One `select`"),
        ("attach 'other.duckdb'", "One `select`"),
        ("set enable_external_access = true", "One `select`"),
        ("install httpfs", "One `select`"),
        ("with gone as (delete from fct_attempts returning *) select * from gone", "read-only"),
        ("select * from read_text('/etc/hostname')", "Files and the network"),
        ("select * from 'https://example.org/a.parquet'", "Files and the network"),
        ("select * from glob('/*')", "Files and the network"),
        ("selec 1", "syntax error"),
        ("select $ebook_id", "there is $view"),
        ("select nonsense from fct_attempts", "nonsense"),
        ("select list(event_id || repeat('x', 999999)) from fct_attempts", "more memory"),
    ],
)
def test_whatever_else_is_typed_gets_one_sentence(demo_home: Path, text: str, said: str) -> None:
    with pytest.raises(QuestionFailed, match=said.replace("$", r"\$")):
        _ask(demo_home, text)


def test_a_wrong_question_is_a_sentence_on_the_page(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "explore", sql="drop table fct_attempts")
    app.button[0].click().run()
    assert not app.exception
    assert "is answered here, and nothing else" in spoken(app)


@pytest.mark.parametrize(
    "column",
    ["{'a': [1, null]}", "map {1: 'x'}", "2::hugeint ** 100", "interval 3 day", "uuid()",
     "unnest([1::union(n int, t text), 'x'])", "'x'::blob", "date 'infinity'", "null"],
)  # fmt: skip
def test_whatever_type_a_column_has_it_is_shown_and_downloaded(
    open_app: OpenApp, demo_home: Path, column: str
) -> None:
    text = f"select {column} as odd, 1 as even"
    app = open_app(demo_home, "explore", sql=text)
    app.button[0].click().run()
    assert not app.exception
    assert not app.error
    shown = app.dataframe[0].value
    assert next(iter(shown["even"])) == 1
    answer = _ask(demo_home, text)
    parquet = pq.read_table(io.BytesIO(to_parquet(answer.rows)))
    assert parquet.column_names == ["odd", "even"]
    assert to_csv(answer.rows).startswith("odd,even")


def test_what_is_too_large_to_show_is_said_and_not_sent(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "explore", sql="select repeat('x', 3000000) from range(10)")
    app.button[0].click().run()
    assert not app.exception
    assert "too much to show, 30 MB" in spoken(app)


def test_what_the_engine_says_is_no_markup(open_app: OpenApp, demo_home: Path) -> None:
    app = open_app(demo_home, "explore", sql="select error('**bold** [x](http://x)')")
    app.button[0].click().run()
    assert r"\*\*bold\*\* \[x\]\(http\://x\)" in app.error[0].value


def test_an_answer_ends_with_the_rows_that_are_wanted(demo_home: Path) -> None:
    answer = _ask(demo_home, "select * from range(1000000000)")
    assert len(answer.rows) == 100
    assert answer.is_cut


def test_columns_of_one_name_are_told_apart(demo_home: Path) -> None:
    assert _ask(demo_home, "select 1 as a, 2 as a").rows == [{"a": 1, "a (2)": 2}]


def test_a_question_that_takes_too_long_is_stopped(demo_home: Path) -> None:
    with pytest.raises(QuestionFailed, match="Stopped after"):
        _ask(demo_home, ENDLESS, most_seconds=0.3)


def test_a_question_can_be_given_up(demo_home: Path) -> None:
    question = _begin(demo_home, ENDLESS, 60)
    assert not question.wait(0.2)
    begun = time.monotonic()
    question.give_up()
    with pytest.raises(QuestionFailed, match="Stopped after"):
        question.answer()
    assert time.monotonic() - begun < 10


def _begin(home: Path, text: str, most_seconds: float) -> Question:
    warehouse = Warehouse(home / "warehouse.duckdb", "256MB")
    view = {"view": WHOLE.as_parameter()}
    return Question(warehouse, text, view, most_rows=100, most_seconds=most_seconds)


def _ask(home: Path, text: str, most_seconds: float = 20) -> Answer:
    question = _begin(home, text, most_seconds)
    while not question.wait(0.1):
        pass
    return question.answer()
