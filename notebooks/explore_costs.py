"""A tour of what was spent, on what, and what of it was wasted."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="medium",
    app_title="Explore costs",
    css_file="ink.css",
    sql_output="polars",
)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Where did the money go?

    A tour of the marts: each question has its SQL, which you may change, and a chart. What is read
    is the published warehouse, and it is only read. Money stays `Decimal`; it becomes a float only
    as the length of a bar.
    """)
    return


@app.cell
def _():
    import marimo as mo
    import polars as pl

    import inkledger

    inkledger.theme()
    return inkledger, mo, pl


@app.cell(hide_code=True)
def _(mo):
    read_again = mo.ui.run_button(label="Read again")
    look = mo.ui.refresh(default_interval="10s", label="looks for newer figures every")
    mo.hstack([read_again, look], justify="start", wrap=True)
    return look, read_again


@app.cell
def _(inkledger, read_again):
    read_again
    ledger = inkledger.connected(inkledger.argument("home"))
    return (ledger,)


@app.cell(hide_code=True)
def _(inkledger, ledger, look):
    look
    inkledger.as_of(ledger, inkledger.argument("home"))
    return


@app.cell
def _(ledger, mo):
    kinds = mo.sql(
        f"""
        select kind, count(*) as book_count
        from fct_ebook_costs
        where kind is not null
        group by kind
        order by book_count desc, kind
        """,
        output=False,
        engine=ledger,
    )
    return (kinds,)


@app.cell(hide_code=True)
def _(kinds, mo):
    kind = mo.ui.dropdown(
        {"every kind": None} | {name.replace("_", " "): name for name in kinds["kind"]},
        value="every kind",
        label="Kind of ebook",
        allow_select_none=False,
    )
    most = mo.ui.slider(5, 50, value=12, step=1, label="Most rows in a chart", show_value=True)
    mo.hstack([kind, most], justify="start", gap=2, wrap=True)
    return kind, most


@app.cell
def _(inkledger, kind, ledger, mo):
    total = mo.sql(
        f"""
        select
            count(*) as book_count,
            sum(cost_usd) as cost_usd,
            sum(wasted_cost_usd) as wasted_cost_usd,
            sum(call_count)::bigint as call_count,
            sum(unpriced_count + in_doubt_count)::bigint as unknown_count,
            sum(estimated_count)::bigint as estimated_count
        from fct_ebook_costs
        where {inkledger.literal(kind.value)} is null or kind = {inkledger.literal(kind.value)}
        having sum(call_count) > 0
        """,
        output=False,
        engine=ledger,
    )
    return (total,)


@app.cell(hide_code=True)
def _(inkledger, total):
    def _sentence(row):
        unknown = (
            f" Not in it, for nobody knows their cost yet: calls, {row['unknown_count']:,}."
            if row["unknown_count"]
            else ""
        )
        listed = (
            f" In it at their listed price: calls, {row['estimated_count']:,}."
            if row["estimated_count"]
            else ""
        )
        return (
            f"**{inkledger.exact(row['cost_usd'])}** for {row['call_count']:,} calls, of which "
            f"**{inkledger.exact(row['wasted_cost_usd'])}** wasted.{unknown}{listed}"
        )

    inkledger.say(
        _sentence(total.row(0, named=True))
        if len(total)
        else "No call is in this ledger yet: record some, `inkledger build`, and read again."
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 1. Which stage costs most per accepted page?

    A page counts for a stage when a result of that stage was accepted for it; everything the stage
    cost for pages is shared among those pages, rejected tries included. Stages that work for the
    whole book (outline, covers) have no pages and stay out.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo, pl):
    stages = mo.sql(
        f"""
        select
            pages.stage,
            sum(pages.cost_usd) as cost_usd,
            count(distinct (pages.ebook_id, pages.page_number))
                filter (where pages.accepted_count > 0) as accepted_page_count
        from fct_page_costs as pages
        left join dim_ebooks as books on pages.ebook_id = books.ebook_id
        where
            pages.page_number is not null
            and pages.stage is not null
            and ({inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)})
        group by pages.stage
        having sum(pages.cost_usd) is not null and count_if(pages.accepted_count > 0) > 0
        """,
        output=False,
        engine=ledger,
    )
    stages = stages.with_columns(
        usd_per_accepted_page=pl.col("cost_usd") / pl.col("accepted_page_count")
    ).sort("usd_per_accepted_page", descending=True)
    return (stages,)


@app.cell(hide_code=True)
def _(inkledger, mo, most, stages):
    def _sentence(row):
        return (
            f"**{inkledger.plain(row['stage'])}** costs most per accepted page: "
            f"{inkledger.exact(row['usd_per_accepted_page'])}, "
            f"over {row['accepted_page_count']:,} pages."
        )

    _said = inkledger.say(
        _sentence(stages.row(0, named=True))
        if len(stages)
        else "No result was accepted for a page yet: `client.accept(reply)` says so."
    )
    _chart = inkledger.bars(
        stages.head(most.value), "usd_per_accepted_page", "stage", "USD per accepted page"
    )
    mo.vstack([_said, _chart] if len(stages) else [_said])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 2. What was wasted, and why?

    Each wasted call has one reason. *Rejected* is what the producer says: in a colouring book, when
    the quality check finds fault with a drawing. It was paid for all the same.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo):
    waste = mo.sql(
        f"""
        select
            coalesce(waste.canonical_model, 'unknown') as model,
            waste.waste_reason,
            sum(waste.call_count)::bigint as call_count,
            sum(waste.cost_usd) as cost_usd
        from fct_waste as waste
        left join dim_ebooks as books on waste.ebook_id = books.ebook_id
        where {inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)}
        group by all
        having sum(waste.cost_usd) > 0
        order by cost_usd desc, model, waste_reason
        """,
        output=False,
        engine=ledger,
    )
    return (waste,)


@app.cell(hide_code=True)
def _(inkledger, mo, most, pl, waste):
    rejected = waste.filter(pl.col("waste_reason") == "rejected")

    def _sentence(row):
        return (
            f"Rejected results cost {inkledger.exact(rejected['cost_usd'].sum())}, "
            f"{inkledger.exact(row['cost_usd'])} of it at **{inkledger.plain(row['model'])}**, "
            f"for {row['call_count']:,} calls."
        )

    _said = inkledger.say(
        _sentence(rejected.row(0, named=True))
        if len(rejected)
        else "Nothing that cost money was rejected."
    )
    _short = pl.col("model").str.split("/").list.last()
    _named = waste.with_columns(name=pl.format("{}: {}", "waste_reason", _short)).head(most.value)
    _chart = inkledger.bars(_named, "cost_usd", "name", "USD wasted", colour=inkledger.WASTED)
    mo.vstack([_said, _chart] if len(waste) else [_said])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 3. Which ebooks lost most of their cost to waste?

    Waste is what was rejected, failed, was cancelled or is in doubt. The share is the mart's own
    measure.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo):
    books = mo.sql(
        f"""
        select
            coalesce(nullif(title, ''), ebook_id) as ebook,
            accepted_page_count as accepted_pages,
            cost_usd,
            cost_per_accepted_page_usd,
            wasted_cost_usd,
            wasted_share
        from fct_ebook_costs
        where
            ebook_id <> 'unattributed'
            and call_count > 0
            and ({inkledger.literal(kind.value)} is null or kind = {inkledger.literal(kind.value)})
        order by wasted_share desc nulls last, ebook
        """,
        output=False,
        engine=ledger,
    )
    return (books,)


@app.cell(hide_code=True)
def _(books, inkledger, mo, most, pl):
    wasteful = books.filter(pl.col("wasted_cost_usd") > 0)

    def _sentence(row):
        return (
            f"**{inkledger.plain(row['ebook'])}** lost most: "
            f"{inkledger.percent(row['wasted_share'])} of its cost, "
            f"{inkledger.exact(row['wasted_cost_usd'])}."
        )

    _said = inkledger.say(
        _sentence(wasteful.row(0, named=True)) if len(wasteful) else "No ebook has any waste."
    )
    _chart = inkledger.bars(
        wasteful.head(most.value),
        "wasted_share",
        "ebook",
        "share of the ebook's cost",
        colour=inkledger.WASTED,
        form=".0%",
    )
    _all = inkledger.table(books, formats={"wasted_share": inkledger.percent})
    mo.vstack([_said, *([_chart] if len(wasteful) else []), *([_all] if len(books) else [])])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 4. When was it spent?

    By UTC day of the call's start: what was used below, what was wasted on top of it.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo):
    days = mo.sql(
        f"""
        select
            hours.started_date as day,
            sum(hours.cost_usd) as cost_usd,
            sum(hours.wasted_cost_usd) as wasted_usd,
            sum(hours.cost_usd) - sum(hours.wasted_cost_usd) as used_usd
        from fct_hourly_costs as hours
        left join dim_ebooks as books on hours.ebook_id = books.ebook_id
        where {inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)}
        group by day
        having sum(hours.cost_usd) is not null
        order by day
        """,
        output=False,
        engine=ledger,
    )
    return (days,)


@app.cell(hide_code=True)
def _(days, inkledger, mo):
    def _sentence():
        dearest = days.sort("cost_usd", "day", descending=[True, False]).row(0, named=True)
        return (
            f"Most was spent on **{dearest['day']}**: {inkledger.exact(dearest['cost_usd'])}, "
            f"the dearest of {len(days):,} {'day' if len(days) == 1 else 'days'} with a call."
        )

    _said = inkledger.say(_sentence() if len(days) else "No day has a call.")
    _chart = inkledger.days(days, "day", {"used": "used_usd", "wasted": "wasted_usd"})
    mo.vstack([_said, _chart] if len(days) > 1 else [_said])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 5. Is that the bill?

    Of the whole ledger, whatever was chosen above. The notebook `reconcile_month` has the rest.
    """)
    return


@app.cell
def _(ledger, mo):
    compared = mo.sql(
        f"""
        select
            count(distinct date_utc) as day_count,
            coalesce(sum(ledger_usd), 0) as ledger_usd,
            coalesce(sum(provider_usd), 0) as provider_usd,
            coalesce(sum(difference_usd), 0) as difference_usd
        from fct_reconciliation_days
        """,
        output=False,
        engine=ledger,
    )
    return (compared,)


@app.cell(hide_code=True)
def _(compared, inkledger):
    def _sentence(row):
        if not row["day_count"]:
            return (
                "Nothing to compare with yet: `inkledger pull activity`, or `inkledger import "
                "activity` an export of OpenRouter's Activity page."
            )
        return (
            f"On the {row['day_count']:,} days that OpenRouter's records cover it billed "
            f"{inkledger.exact(row['provider_usd'])}, and the ledger has "
            f"{inkledger.exact(row['ledger_usd'])}: a difference of "
            f"**{inkledger.exact(row['difference_usd'])}**."
        )

    inkledger.say(_sentence(compared.row(0, named=True)))
    return


if __name__ == "__main__":
    app.run()
