"""Asks the questions of `questions/*.sql` of the published warehouse, each once per build."""

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.warehouse import Identity, Row, WarehouseMissing, fetch, identify

QUESTIONS = Path(__file__).parent / "questions"
Answer = str | Sequence[str]


def ask(question: str, **parameters: Answer) -> list[Row]:
    """The rows that answer `questions/<question>.sql`; `$name` in it is filled from `parameters`.

    Raises `WarehouseMissing` and `WarehouseUnreadable`.
    """
    path = published_warehouse()
    return _answer(str(path), identify(path), question, parameters)


def read_status() -> Row:
    """The state of the whole ledger: the one row of `fct_ledger_status`."""
    return ask("status")[0]


def sql_of(question: str) -> str:
    """The question as it is asked, for people to read."""
    return (QUESTIONS / f"{question}.sql").read_text()


def published_warehouse() -> Path:
    """Where builds are published: `warehouse.duckdb` in `INKLEDGER_HOME`, or else in `data`."""
    home = Path(os.environ.get("INKLEDGER_HOME") or "data").expanduser()
    return home.absolute() / "warehouse.duckdb"


def follow_new_builds() -> None:
    """Draw the page again when another build has been published while it is open."""
    shown = _published_now()

    @st.fragment(run_every="30s")
    def look_again() -> None:
        if _published_now() != shown:
            st.rerun()

    look_again()


def _published_now() -> Identity | None:
    try:
        return identify(published_warehouse())
    except WarehouseMissing:
        return None


# Data are kept by the identity of the file they came from; a connection is never kept.
@st.cache_data(show_spinner=False, max_entries=200)
def _answer(
    path: str,
    identity: Identity,  # noqa: ARG001 - it is the key that a new build changes
    question: str,
    parameters: dict[str, Answer],
) -> list[Row]:
    return fetch(Path(path), sql_of(question), parameters)
