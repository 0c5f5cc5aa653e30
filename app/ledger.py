"""Asks the questions of `questions/*.sql` of the published warehouse, each once per build."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from app.home import published_warehouse
from app.warehouse import (
    MEMORY,
    Identity,
    Question,
    Row,
    Warehouse,
    WarehouseMissing,
    WarehouseUnreadable,
    identify,
)

QUESTIONS = Path(__file__).parent / "questions"
LOOK_SECONDS = 3
"""How often an open page looks whether another build has been published."""
_IDLE_SECONDS = 20


def ask(question: str, **parameters: Any) -> list[Row]:
    """The rows that answer `questions/<question>.sql`; `$name` in it is filled from `parameters`.

    Raises `WarehouseMissing`, `WarehouseUnreadable` and `MemoryExhausted`.
    """
    path = published_warehouse()
    return _answer(str(path), identify(path), question, parameters)


def explore(
    text: str, parameters: Mapping[str, Any], *, most_rows: int, most_seconds: float
) -> Question:
    """Begin to answer a question of somebody's own, who has a memory apart from the pages'.

    Raises `QuestionFailed`, `WarehouseMissing` and `WarehouseUnreadable`.
    """
    warehouse = _explored.of(published_warehouse())
    return Question(warehouse, text, parameters, most_rows=most_rows, most_seconds=most_seconds)


def read_status() -> Row:
    """The state of the whole ledger: the one row of `fct_ledger_status`."""
    return ask("status")[0]


def sql_of(question: str) -> str:
    """The question as it is asked, for people to read."""
    return (QUESTIONS / f"{question}.sql").read_text()


def follow_new_builds() -> None:
    """Draw the page again when another build has been published while it is open."""
    shown = _published_now()

    @st.fragment(run_every=LOOK_SECONDS)
    def look_again() -> None:
        if _published_now() != shown:
            st.rerun()

    look_again()


def _published_now() -> Identity | None:
    try:
        return identify(published_warehouse())
    except (WarehouseMissing, WarehouseUnreadable):
        return None


# Data are kept by the identity of the file they came from.
@st.cache_data(show_spinner=False, max_entries=500, ttl=86_400)
def _answer(
    path: str,
    identity: Identity,  # noqa: ARG001 - it is the key that a new build changes
    question: str,
    parameters: Mapping[str, Any],
) -> list[Row]:
    return _readers.of(Path(path)).fetch(sql_of(question), parameters)


class _Readers:
    """The warehouse that is open now, for all sessions of the server.

    A file that a build has replaced, or that nobody asks for a while, is let go: the next build
    takes its place, and would have to make a copy of one that is held.
    """

    def __init__(self, memory: str = MEMORY) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._open: dict[Path, Warehouse] = {}
        self._timer: threading.Timer | None = None

    def of(self, path: Path) -> Warehouse:
        with self._lock:
            self._let_go_later()
            found = self._open.get(path)
            if found is None or found.identity != identify(path):
                self._open.clear()
                found = self._open[path] = Warehouse(path, self._memory)
            return found

    def let_go(self) -> None:
        with self._lock:
            self._open.clear()

    def _let_go_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(_IDLE_SECONDS, self.let_go)
        self._timer.daemon = True
        self._timer.start()


_readers = _Readers()
_explored = _Readers("512MB")
