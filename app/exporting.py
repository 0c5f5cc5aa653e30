"""The ledger as a FOCUS file to download, which the `inkledger` command writes beside it."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from app.command import last_sentence, run_inkledger
from app.formats import counted, literal, moment
from app.home import published_warehouse
from app.ledger import ask
from app.view import BEGINNING, END, KEPT, View
from app.warehouse import identify

MOST_CALLS = 20_000
"""Some 65,000 rows; what is more is written by the command."""
VERSIONS = {"1.4": "1.4", "1.2": "1.2"}
FORMATS = {"csv": "CSV", "parquet": "Parquet"}


class ExportFailed(Exception):
    """The sentence says why."""


def offer_focus(view: View) -> None:
    """What the file would hold, and the button that makes it."""
    with st.popover("FOCUS", icon=":material/download:", key="focus", on_change="rerun") as popover:
        if popover.open:
            show_focus(view)


def show_focus(view: View) -> None:
    """The same, opened."""
    of_books = view._replace(models=(), stages=(), labels=())
    found = ask("focus_calls", view=view.as_parameter(), calls=of_books.as_parameter())[0]
    is_part = bool(view.kinds or view.series or view.labels or view.search)
    ebook_ids = found["ebook_ids"] if is_part else None
    st.caption(_what_it_holds(view, found["call_count"], ebook_ids))
    if found["call_count"] > MOST_CALLS:
        st.info(
            f"That is too much to download: choose a shorter time or fewer ebooks, to at most "
            f"{counted(MOST_CALLS, 'call')}, or write it with `inkledger export focus`."
        )
        return
    with st.container(horizontal=True):
        version, ending = (
            str(
                st.segmented_control(
                    label, options, format_func=options.__getitem__, default=next(iter(options)),
                    required=True, key=key, **KEPT,
                )
            )
            for label, options, key in (("Version", VERSIONS, "fv"), ("Format", FORMATS, "ff"))
        )  # fmt: skip
    _offer_file(version, ending, view, ebook_ids)


def _offer_file(version: str, ending: str, view: View, ebook_ids: list[str] | None) -> None:
    """A button that writes the file, and after it one that takes it, until another is wanted."""
    wanted = (version, ending, view, ebook_ids, identify(published_warehouse()))
    with st.container(horizontal=True):
        if st.button("Write the file", icon=":material/play_arrow:", key="focus-write"):
            st.session_state["focus-file"] = None
            with st.spinner("Writing the file", show_time=True):
                try:
                    content = as_focus(version, ending, view, ebook_ids)
                except ExportFailed as failed:
                    st.error(literal(str(failed)), icon=":material/error:")
                    return
            st.session_state["focus-file"] = (wanted, content)
        kept: Any = st.session_state.get("focus-file")
        if kept and kept[0] == wanted:
            name = f"focus-{version}.{ending}"
            st.download_button(
                name, kept[1], name, on_click="ignore", icon=":material/download:", key="focus-take"
            )


def as_focus(version: str, ending: str, view: View, ebook_ids: list[str] | None) -> bytes:
    """The file. Raises `ExportFailed`."""
    with tempfile.TemporaryDirectory(prefix="inkledger-focus-") as folder:
        chosen = []
        if ebook_ids is not None:
            ebooks = Path(folder, "ebooks")
            ebooks.write_text("\n".join(ebook_ids), "utf-8")
            chosen += ["--ebooks", str(ebooks)]
        if view.since > BEGINNING:
            chosen += ["--from", view.since.isoformat()]
        if view.until < END:
            chosen += ["--until", view.until.isoformat()]
        finished = run_inkledger(
            "export", "focus", "--version", version, "--format", ending, "--output", folder, *chosen
        )
        if finished.returncode:
            raise ExportFailed(last_sentence(finished))
        return Path(finished.stdout.splitlines()[0]).read_bytes()


def _what_it_holds(view: View, call_count: int, ebook_ids: list[str] | None) -> str:
    calls = counted(call_count, "call")
    of = (
        f"{calls}, purchases of credits and what is untracked"
        if ebook_ids is None
        else f"all {calls} of {counted(len(ebook_ids), 'ebook')}"
    )
    since = f" from {moment(view.since, view.zone)}" if view.since > BEGINNING else ""
    until = f" until before {moment(view.until, view.zone)}" if view.until < END else ""
    is_finer = view.models or view.stages or view.labels
    besides = " Model, stage and label leave out no call of that." if is_finer else ""
    return f"The file holds {of}{since}{until}, in USD.{besides}"
