"""Models: what an accepted page costs with each, what they are listed at, and what if."""

from typing import Any

import streamlit as st

from app.charts import used_and_wasted
from app.day_charts import price_steps, signed_days
from app.formats import change, count, counted, money, money_prose, usd_exact, words
from app.ledger import ask
from app.sections import Section, offer_downloads, open_ebook, show_table
from app.tiles import Tile, show_tiles
from app.view import KEPT
from app.warehouse import Row

METERS = ["output", "input", "cache read", "cache write", "reasoning", "image"]
MOST_LINES = 6
MOST_LINES_SHOWN = 9
"""Of a table; a longer one is scrolled."""
MOST_ROWS = 500
"""What the table of the what-if shows; a download has all."""
ALL_ROWS = 2**62
PULL_PRICES = (
    "`inkledger pull prices`, and then `inkledger build`, brings what models are listed at."
)
NOT_CARRIED_OVER = """
- *no price of a part*: something in the work, as an image, has no price with that model: the ebook
  has no new cost;
- *no tokens counted*: of some calls there is a cost, and nothing was counted that could be priced:
  they stay as they were, and if that is all of a stage, the ebook has no new cost;
- *images*: models count images in tokens of their own, or price each;
- *cache*: what one model's cache kept, another's may not;
- *tokenizer*: another author's models count the same text otherwise;
- *prompt size*: long prompts cost more, and the price of short ones is taken.

The last four are in no figure.
"""

_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn
STAGE_COLUMNS = {
    "stage": _text("Stage"),
    "model": _text("Model"),
    "cost_per_accepted_page_usd": _number("Per accepted page, USD", format="%.6f"),
    "accepted_page_count": _number("Accepted pages", format="localized"),
    "page_count": _number("Pages worked on", format="localized"),
    "wasted_percent": _number("Waste", format="%.1f%%"),
    "cost_usd": _number("Cost, USD", format="%.4f"),
    "call_count": _number("Calls", format="localized"),
    "unknown_count": _number("Unpriced", help="Calls whose cost nobody has said yet"),
    "ebook_count": _number("Ebooks", format="localized"),
}
PRICE_COLUMNS = {
    "model": _text("Model", pinned=True),
    "variant": _text("Variant"),
    "provider": _text("Provider"),
    "condition": _text("Only for"),
    "input_usd": _number("Input", format="%.4g"),
    "output_usd": _number("Output", format="%.4g"),
    "cache_read_usd": _number("Cache read", format="%.4g"),
    "cache_write_usd": _number("Cache write", format="%.4g"),
    "reasoning_usd": _number("Reasoning", format="%.4g"),
    "image_usd": _number("Image tokens", format="%.4g"),
    "output_image_usd_per_image": _number("Each image", format="%.4g"),
    "web_search_usd_per_search": _number("Each search", format="%.4g"),
    "request_usd_per_request": _number("Each request", format="%.4g"),
    "valid_from": st.column_config.DatetimeColumn(
        "Since, UTC", format="YYYY-MM-DD", timezone="UTC"
    ),
    "price_source": _text("Told by"),
}
DRIFT_COLUMNS = {
    "model": _text("Model", pinned=True),
    "difference_usd": _number("Billed less listed, USD", format="%.6f"),
    "difference_percent": _number("Of the list", format="%+.2f%%"),
    "billed_cost_usd": _number("Billed, USD", format="%.6f"),
    "listed_cost_usd": _number("Listed, USD", format="%.6f"),
    "differing_count": _number("Calls that differ", format="localized"),
    "call_count": _number("Calls", format="localized"),
    "byok_count": _number(
        "Own key", format="localized", help="Billed by the provider, at its own price"
    ),
}
CALL_COLUMNS = {
    "date_utc": st.column_config.DateColumn("Day, UTC", format="YYYY-MM-DD"),
    "provider": _text("Provider"),
    "difference_usd": _number("Billed less listed, USD", format="%.6f"),
    "billed_cost_usd": _number("Billed, USD", format="%.6f"),
    "listed_cost_usd": _number("Listed, USD", format="%.6f"),
    "is_byok": st.column_config.CheckboxColumn("Own key"),
    "book": _text("Ebook"),
    "generation_id": _text("Generation", help="OpenRouter's name of the call"),
}
WHAT_IF_COLUMNS = {
    "book": _text("Ebook", pinned=True),
    "cost_usd": _number("As it was, USD", format="%.4f"),
    "new_cost_usd": _number("As chosen, USD", format="%.4f"),
    "difference_usd": _number("Difference, USD", format="%+.4f"),
    "uncounted_cost_usd": _number("Not counted, USD", format="%.4f", help="Of both: it stays"),
    "not_carried_over": _text("Not carried over", width="large"),
}


def show_models() -> None:
    st.title("Models", anchor=False)
    st.caption("All of the ledger, in USD and by UTC days, as OpenRouter lists and bills.")
    _show_stages()
    _show_prices()
    _show_drift()
    _show_what_if()


def _show_stages() -> None:
    section = Section("Cost of an accepted page", "stages")
    pairs = ask("model_stages")
    stages = list(dict.fromkeys(row["stage"] for row in pairs if row["stage_page_count"]))
    if stages:
        with section.controls:
            stage = _choose("Stage", stages, "stage", words)
        rows = section.ask("model_pages", stage=stage)
        st.altair_chart(used_and_wasted(rows, "model", "model"))
        st.caption(
            f"What a page of {words(stage)} that was kept cost with each model: all its work there "
            "by the pages of which a result was accepted."
        )
    else:
        st.info(
            "No page was accepted yet, so that nothing tells which model is cheapest by what is "
            "kept. `outcome(…, accepted=True)` says so in a program; the table has what was spent."
        )
    _show_table(section.ask("model_stages"), STAGE_COLUMNS)


def _show_prices() -> None:
    section = Section("Listed prices", "prices")
    listed = [row["model"] for row in ask("listed_models")]
    if not listed:
        st.info(f"No price is known. {PULL_PRICES}")
        return
    meter = section.choose("Meter", METERS, "meter")
    models = st.multiselect(
        "Models", listed, listed[:3], key="priced", max_selections=MOST_LINES,
        placeholder="Choose models", label_visibility="collapsed", **KEPT,
    )  # fmt: skip
    if not models:
        st.caption("Choose a model to see what it was listed at.")
        return
    rows = section.ask("price_history", models=models, meter=meter)
    if any(row["usd_per_million_tokens"] is not None for row in rows):
        st.altair_chart(price_steps(rows, meter))
    else:
        st.info(f"None of these models has a price for {meter} tokens.")
    st.caption("In force now, USD per million tokens unless it says each:")
    _show_table(section.ask("prices_now", models=models), PRICE_COLUMNS)


def _show_drift() -> None:
    section = Section("Billed against listed", "drift")
    drifts = ask("price_drift")
    if not drifts:
        st.info(f"No call has both a listed and a billed cost. {PULL_PRICES}")
        return
    with section.controls:
        model = _choose("Model", [row["model"] for row in drifts], "drift")
    days = section.ask("price_drift_days", model=model)
    drift = next(row for row in drifts if row["model"] == model)
    st.markdown(_say_drift(drift))
    if drift["difference_usd"] or any(row["difference_usd"] for row in days):
        st.altair_chart(signed_days(days, "billed above the list", "billed below the list"))
    _show_table(section.ask("price_drift"), DRIFT_COLUMNS)
    if calls := section.ask("price_drift_calls", model=model):
        st.caption(f"The calls of `{model}` that differ most, of each day the five largest:")
        _show_table(calls, CALL_COLUMNS)


def _say_drift(drift: Row) -> str:
    difference, calls = drift["difference_usd"], counted(drift["call_count"], "call")
    listed = money_prose(drift["listed_cost_usd"])
    if not difference:
        return f"`{drift['model']}` was billed as listed: **{listed}** for {calls}."
    rate = drift["difference_percent"]
    by = f" ({change(rate / 100)})" if rate is not None else ""
    return (
        f"`{drift['model']}` was billed **{money_prose(abs(difference))}** "
        f"{'above' if difference > 0 else 'below'} its list{by}: the list says {listed} for "
        f"{calls}, of which {count(drift['differing_count'])} differ by more than a thousandth."
    )


def _show_what_if() -> None:
    section = Section("What if another model did it", "what-if")
    models = [row["model"] for row in ask("listed_models") if row["is_listed_now"]]
    if not models:
        st.info(f"Without prices of now there is nothing to compare with. {PULL_PRICES}")
        return
    chosen = _choose_replacements(models)
    if not chosen:
        st.caption(
            "Choose a model for a stage: every ebook is then priced as if that model had done all "
            "of it, token for token, retries and rejected tries included, at its list of now."
        )
        return
    asked = {"stages": list(chosen), "other_models": list(chosen.values())}
    rows = section.ask("what_if", row_limit=MOST_ROWS, **asked)
    if not rows:
        st.info("No ebook has work at these stages.")
        return
    show_tiles("what-if", _what_if_tiles(rows[0]))
    event: Any = st.dataframe(
        [{name: row[name] for name in WHAT_IF_COLUMNS} for row in rows],
        column_config=WHAT_IF_COLUMNS,
        hide_index=True,
        height=420 if len(rows) > 12 else "content",
        placeholder="—",
        on_select="rerun",
        selection_mode="single-cell",
        key="what-if-table",
    )
    _offer_all(rows[0]["book_count"], asked)
    with st.expander("What is not carried over"):
        st.markdown(NOT_CARRIED_OVER)
    if cells := event["selection"]["cells"]:
        open_ebook(rows[cells[0][0]]["ebook_id"])


def _choose_replacements(models: list[str]) -> dict[str, str]:
    """Stage → the model that is to do it. Stages that stay as they were are not in it."""
    chosen = {}
    with st.container(horizontal=True, key="replacements"):
        for row in ask("what_if_stages"):
            stage = row["stage"]
            model = st.selectbox(
                f"{words(stage).capitalize()} ({money_prose(row['cost_usd'])})", models, None,
                key=f"instead_{stage}", placeholder="as it was", **KEPT,
            )  # fmt: skip
            if model:
                chosen[stage] = str(model)
    return chosen


def _what_if_tiles(total: Row) -> list[Tile]:
    books, comparable = total["book_count"], total["comparable_count"]
    missing = books - comparable
    of = "Of the ebooks that can be compared."
    tiles = [
        Tile(
            "Comparable ebooks",
            count(comparable),
            f"of {count(books)}; {count(missing)} cannot be" if missing else "all with such work",
            "Ebooks, calls for none as one, whose work has a price in every part as chosen.",
        )
    ]
    if not comparable:
        return tiles
    more = "more" if total["all_difference_usd"] > 0 else "less"
    return [
        Tile(
            "As it was",
            money(total["comparable_cost_usd"]),
            f"{counted(comparable, 'ebook')}",
            f"Exactly {usd_exact(total['comparable_cost_usd'])}. {of}",
        ),
        Tile(
            "As chosen",
            money(total["all_new_cost_usd"]),
            "an estimate, at list prices",
            f"Exactly {usd_exact(total['all_new_cost_usd'])}. {of}",
        ),
        Tile(
            "Difference",
            money(total["all_difference_usd"]),
            "the same"
            if not total["all_difference_usd"]
            else f"{change(total['change_share'])}, {more} than it was",
            f"Exactly {usd_exact(total['all_difference_usd'])}. {of}",
        ),
        *tiles,
    ]


def _offer_all(book_count: int, asked: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        first = f"The dearest {count(MOST_ROWS)}; a download has all. "
        st.caption(f"{first if book_count > MOST_ROWS else ''}Click a cell to open its ebook.")
        offer_downloads("what_if", "all", row_limit=ALL_ROWS, **asked)


def _choose(label: str, options: list[str], key: str, name: Any = str) -> str:
    """One of many, the first until somebody chooses."""
    return str(
        st.selectbox(
            label, options, key=key, format_func=name, label_visibility="collapsed", **KEPT
        )
    )


def _show_table(rows: list[Row], columns: dict[str, Any]) -> None:
    told = [{**row, "stage": words(row["stage"])} if "stage" in row else row for row in rows]
    show_table(told, columns, MOST_LINES_SHOWN)


show_models()
