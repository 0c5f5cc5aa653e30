"""What the dashboard says in words: nothing there yet, not readable, old."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from app.formats import age, moment, usd_exact
from app.view import View
from app.warehouse import Row, WarehouseMissing, WarehouseUnreadable

STALE_AFTER = timedelta(hours=24)
_WHAT_TO_DO = """
- `inkledger demo` makes twelve colouring books on a simulated OpenRouter,
- `inkledger build` builds from the calls that your programs have recorded.
"""


def say_missing(missing: WarehouseMissing) -> None:
    """No build has been published."""
    st.header("Nothing built yet", anchor=False)
    st.markdown(f"There is no warehouse at `{missing}`. Either of these makes one:\n{_WHAT_TO_DO}")


def say_empty() -> None:
    """A build was published, and no call is in it."""
    st.header("An empty ledger", anchor=False)
    st.markdown(
        "The warehouse is built, but no call has been recorded. Record some with the client or "
        "the transport of `ingest`, or `inkledger import activity FILE`, then `inkledger build`. "
        "To see it filled, run `inkledger demo`."
    )


def say_unreadable(unreadable: WarehouseUnreadable) -> None:
    """The published file is not what this release reads."""
    st.header("The warehouse cannot be read", anchor=False)
    st.error(str(unreadable), icon=":material/error:")
    st.markdown("Another release may have built it. `inkledger build` makes it anew.")


def say_exhausted() -> None:
    """A question of the page needs more memory than it may use."""
    st.error(
        "The rest of this page needs more memory than it may use now: choose a shorter time or "
        "fewer ebooks, or try again later.",
        icon=":material/memory:",
    )


def warn_if_stale(status: Row) -> None:
    """Say so when nothing has landed for a day."""
    old = datetime.now(UTC) - status["landed_at"]
    if old > STALE_AFTER:
        st.warning(
            f"These numbers are old: nothing has landed for {age(old)}. If calls were made since, "
            "`inkledger build` brings them in.",
            icon=":material/schedule:",
        )


def say_how_fresh(status: Row, zone: str) -> None:
    """When the newest call landed and when the numbers were built."""
    landed = datetime.now(UTC) - status["landed_at"]
    st.caption(
        f"Newest landing {moment(status['landed_at'], zone)} ({age(landed)} ago), "
        f"built {moment(status['built_at'], zone)}."
    )


def say_unconverted(totals: Row, view: View) -> None:
    """Say so when days that are shown have no exchange rate: their costs are in no sum."""
    if totals["cost"] is None:
        st.warning(
            f"No rate for {view.currency} is known of some of these days, so what was spent on "
            f"them is unknown in {view.currency}: `inkledger pull fx FILE` brings rates. "
            f"It is {usd_exact(totals['cost_usd'])}.",
            icon=":material/currency_exchange:",
        )
