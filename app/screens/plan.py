"""Plan: what an ebook will probably cost before it is made, and what may be spent."""

from decimal import Decimal
from functools import partial

import streamlit as st

from app.budgets import EXAMPLE, show_budgets
from app.charts import held_intervals
from app.formats import money, usd_exact, words
from app.home import published_warehouse
from app.ledger import ask
from app.sections import Section
from app.tiles import Tile, show_tiles
from app.view import KEPT, chosen_view
from app.warehouse import Row

ANY_MODEL = "any model"


def show_plan() -> None:
    st.title("Plan", anchor=False)
    view = chosen_view()
    st.subheader("Budgets", anchor=False)
    show_budgets(view)
    if not (published_warehouse().parent / "budgets.toml").exists():
        st.markdown(
            "No budget is set. A file `budgets.toml` beside the warehouse sets some:\n"
            f"```toml\n{EXAMPLE}\n```"
        )
    st.subheader("Estimate an ebook", anchor=False)
    kinds = {row["kind"]: row for row in ask("finished_kinds")}
    if not kinds:
        st.info(
            "No ebook of a known kind is finished yet: `recorder.describe_ebook(…, kind=…, "
            "page_count=…)` tells its kind and pages, `recorder.record_outcome` what was accepted."
        )
        return
    kind, page_count, model = _choose(kinds)
    _show_estimate(kind, page_count, model)
    _show_backtest(kind)


def _choose(kinds: dict[str, Row]) -> tuple[str, int, str]:
    with st.container(horizontal=True, key="estimate"):
        kind = str(st.selectbox("Kind", list(kinds), format_func=words, key="of_kind", **KEPT))
        usual = max(int(kinds[kind]["usual_page_count"] or 1), 1)
        page_count = st.number_input("Pages", 1, 10_000, usual, key="pages", **KEPT)
        models = [ANY_MODEL, *(row["main_model"] for row in ask("finished_models", kind=kind))]
        model = str(st.selectbox("Made with", models, key="made_with", **KEPT))
    return kind, int(page_count), "" if model == ANY_MODEL else model


def _show_estimate(kind: str, page_count: int, model: str) -> None:
    section = Section("What it will probably cost", "estimate-parts")
    parts = section.ask("estimate", kind=kind, page_count=page_count, model=model)
    if not parts:
        made = f" made with {model}" if model else ""
        st.info(
            f"An estimate needs nine finished ebooks of the kind {words(kind)}{made}; there are "
            "fewer. With a model that few were made with, `inkledger estimate --model` prices what "
            "others took."
        )
        return
    whole, *stages = parts
    show_tiles(
        "estimate",
        [
            _amount_tile("Median", whole["median_cost_usd"], "half of such ebooks cost less"),
            _amount_tile("At least", whole["low_cost_usd"], "in nine cases of ten"),
            _amount_tile("At most", whole["high_cost_usd"], "in nine cases of ten"),
            Tile(
                "Made of",
                f"{whole['book_count']}",
                "finished ebooks, the newest",
                "Of ebooks alike eight of ten cost what lies between the two amounts, rejected "
                "tries included.",
            ),
        ],
    )
    amount = partial(st.column_config.NumberColumn, format="%.4f")
    st.dataframe(
        [{**row, "part": words(row["part"])} for row in stages],
        column_config={
            "part": st.column_config.TextColumn("Stage"),
            "is_whole": None,
            "book_count": None,
            "median_cost_usd": amount("Median, USD"),
            "low_cost_usd": amount("Low, USD"),
            "high_cost_usd": amount("High, USD"),
        },
        hide_index=True,
    )
    st.caption("Medians and bounds of stages are their own: they do not add up to the whole's.")


def _amount_tile(label: str, amount_usd: Decimal, remark: str) -> Tile:
    return Tile(label, money(amount_usd), remark, f"Exactly {usd_exact(amount_usd)}.")


def _show_backtest(kind: str) -> None:
    section = Section("How such estimates held", "backtest")
    rows = section.ask("backtest", kind=kind)
    if not rows:
        st.info("Too few ebooks were finished to have estimated one from those before it.")
        return
    held, tested = rows[0]["held_count"], rows[0]["tested_count"]
    st.markdown(
        f"Each ebook was estimated from those before it. It cost what lay within the interval "
        f"**{held:,} of {tested:,}** times; eight of ten is what is promised."
    )
    st.altair_chart(held_intervals(rows))
    if len(rows) < tested:
        st.caption(f"The newest {len(rows)}.")


show_plan()
