"""Router of the dashboard, which `inkledger serve` runs in `app.server`."""

from pathlib import Path

import streamlit as st

from app.access import draw_account, turn_away_strangers
from app.ledger import follow_new_builds, read_status
from app.notices import say_empty, say_exhausted, say_missing, say_unreadable, warn_if_stale
from app.view import draw_toolbar
from app.warehouse import MemoryExhausted, WarehouseMissing, WarehouseUnreadable

HERE = Path(__file__).parent

st.set_page_config(page_title="inkledger", page_icon=str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "icon.svg"))
st.html(HERE / "style.css")
# Not in a folder called `pages`: Streamlit would route that by itself before it has read this.
pages = [
    st.Page("screens/overview.py", title="Overview", default=True),
    st.Page("screens/costs.py", title="Costs", url_path="costs"),
    st.Page("screens/ebook.py", title="Ebook", url_path="ebook"),
    st.Page("screens/models.py", title="Models", url_path="models"),
    st.Page("screens/reconciliation.py", title="Reconciliation", url_path="reconciliation"),
    st.Page("screens/plan.py", title="Plan", url_path="plan"),
    st.Page("screens/explore.py", title="Explore", url_path="explore"),
]
turn_away_strangers(pages)
page = st.navigation(pages, position="top")
follow_new_builds()
try:
    status = read_status()
    if status["attempt_count"]:
        warn_if_stale(status)
        draw_toolbar(page.url_path)
        page.run()
    else:
        say_empty()
        draw_account("account-alone")
except WarehouseMissing as missing:
    say_missing(missing)
    draw_account("account-alone")
except WarehouseUnreadable as unreadable:
    say_unreadable(unreadable)
    draw_account("account-alone")
except MemoryExhausted:
    say_exhausted()
