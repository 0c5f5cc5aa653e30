"""The section of Reconciliation in which an activity export is dropped, looked at and landed."""

import hashlib
from typing import Any

import streamlit as st

from app.access import may_write
from app.formats import counted, literal
from app.home import published_warehouse
from app.importing import ImportRefused, Landing, Staged, is_allowed, land, stage
from app.sections import Section, show_table
from app.warehouse import identify

_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn
STAGED_COLUMNS = {
    "date_utc": st.column_config.DateColumn("Day, UTC", format="YYYY-MM-DD"),
    "row_count": _number("New rows", format="localized"),
    "told_usd": _number("They tell, USD", format="%.6f"),
    "ledger_call_count": _number("Calls in the ledger now", format="localized"),
    "ledger_usd": _number("Ledger now, USD", format="%.6f"),
}


def show_import() -> None:
    """Where a file is dropped, and what became of it; a word, if nothing may be imported."""
    Section("Import an activity export", "import")
    if not is_allowed():
        st.caption(
            "Import is off: `inkledger serve --allow-import` starts the app with it. "
            "`inkledger import activity FILE` does the same in a terminal."
        )
        return
    if not may_write():
        st.caption("Only an editor may import.")
        return
    _show_landing()
    dropped = st.file_uploader(
        "An export of OpenRouter's Activity page, by call or by day",
        accept_multiple_files=False,
        key="dropped",
        help="Nothing lands before you have seen what it would change.",
    )
    if dropped is not None:
        _show_staged(dropped.name, dropped.getvalue())


def _show_staged(name: str, content: bytes) -> None:
    try:
        staged = _stage_once(name, content)
    except ImportRefused as refused:
        st.error(literal(str(refused)), icon=":material/error:")
        return
    for warning in staged.warnings:
        st.warning(literal(warning), icon=":material/warning:")
    st.markdown(_say_staged(staged))
    if staged.days:
        section = Section("What it would change", "staged")
        days = section.ask("staged_days", kind=staged.kind, staged=staged.days)
        last = (
            {"ledger_then_usd": _number("Ledger then, USD", format="%.6f")}
            if staged.kind == "calls"
            else {"difference_usd": _number("They tell more, USD", format="%+.6f")}
        )
        show_table(days, {**STAGED_COLUMNS, **last})
    if staged.is_new and st.button("Land it and build", type="primary", icon=":material/download:"):
        try:
            st.session_state["landing"] = land(name, content)
        except ImportRefused as refused:
            st.error(literal(str(refused)), icon=":material/error:")
            return
        st.rerun()


def _stage_once(name: str, content: bytes) -> Staged:
    """The dry run of a file, kept until another is dropped or another build is published."""
    key = (hashlib.sha256(content).hexdigest(), identify(published_warehouse()))
    kept: Any = st.session_state.get("staged")
    if kept is None or kept[0] != key:
        with st.spinner("Reading the file; nothing lands yet", show_time=True):
            kept = st.session_state["staged"] = (key, stage(name, content))
    staged: Staged = kept[1]
    return staged


def _say_staged(staged: Staged) -> str:
    rows = "call" if staged.kind == "calls" else "daily sum"
    said = [
        f"**{counted(staged.landed_count, rows)}** new to the lake"
        if staged.landed_count
        else "nothing new"
    ]
    if staged.known_count:
        said.append(f"{counted(staged.known_count, rows)} here already")
    if staged.changed_count:
        said.append(f"{counted(staged.changed_count, rows)} attributed anew")
    if staged.quarantined_count:
        said.append(f"{counted(staged.quarantined_count, 'row')} set aside as unreadable")
    held = "" if staged.is_new else " Landing it would change nothing."
    return f"{literal(staged.name)}: {', '.join(said)}. Nothing of it has landed.{held}"


def _show_landing() -> None:
    """The import that was begun here: how far it is, or how it ended."""
    landing: Landing | None = st.session_state.get("landing")
    if landing is None:
        return
    if not landing.is_done:
        _follow(landing)
    elif landing.failure:
        st.error(literal(landing.failure), icon=":material/error:")
    else:
        st.success("Landed and built: the pages show it.", icon=":material/check_circle:")


@st.fragment(run_every=1)
def _follow(landing: Landing) -> None:
    if landing.is_done:
        st.rerun()
    st.status(f"{landing.step}…", state="running", expanded=False)
