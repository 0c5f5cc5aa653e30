"""Which model for a stage: rejections, costs, how sure they are."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="medium",
    app_title="Choose a model",
    css_file="ink.css",
    sql_output="polars",
)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Which model for which stage?

    What your own books say: how often the results of a model were rejected, and what a page that was
    kept cost with it, rejected tries included. Both with the range in which the truth probably lies,
    for a model that was tried ten times has proved little.
    """)
    return


@app.cell
def _():
    from math import sqrt

    import marimo as mo
    import polars as pl

    import inkledger

    inkledger.theme()
    return inkledger, mo, pl, sqrt


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
    stages = mo.sql(
        f"""
        select stage, sum(cost_usd) as cost_usd
        from fct_model_stage_costs
        where stage is not null and stage <> 'unattributed'
        group by stage
        order by cost_usd desc, stage
        """,
        output=False,
        engine=ledger,
    )
    return (stages,)


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
def _(inkledger, kinds, mo, stages):
    if stages.is_empty():
        inkledger.stop("No call of this ledger has a stage yet: `attribute(stage=…)` names one.")
    _names = stages["stage"].to_list()
    stage = mo.ui.dropdown(
        _names,
        value=inkledger.argument("stage", _names) or _names[0],
        label="Stage",
        allow_select_none=False,
    )
    kind = mo.ui.dropdown(
        {"every kind": None} | {name.replace("_", " "): name for name in kinds["kind"]},
        value="every kind",
        label="Kind of ebook",
        allow_select_none=False,
    )
    least = mo.ui.slider(
        10, 200, value=30, step=10, label="Least calls of a model", show_value=True
    )
    mo.hstack([stage, kind, least], justify="start", gap=2, wrap=True)
    return kind, least, stage


@app.cell
def _(inkledger, kind, ledger, mo, stage):
    judged = mo.sql(
        f"""
        -- An operation is counted where its last attempt is, and so with the model that answered.
        select
            coalesce(attempts.canonical_model, 'unknown') as model,
            coalesce(attempts.ebook_id, 'unattributed') as ebook_id,
            count_if(not attempts.is_retried and attempts.outcome = 'accepted')::bigint as accepted_count,
            count_if(not attempts.is_retried and attempts.outcome = 'rejected')::bigint as rejected_count
        from fct_attempts as attempts
        left join dim_ebooks as books on attempts.ebook_id = books.ebook_id
        where
            attempts.stage = {inkledger.literal(stage.value)}
            and ({inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)})
        group by all
        """,
        output=False,
        engine=ledger,
    )
    return (judged,)


@app.cell
def _(inkledger, kind, ledger, mo, stage):
    costs = mo.sql(
        f"""
        select
            coalesce(costs.canonical_model, 'unknown') as model,
            costs.ebook_id,
            costs.call_count,
            costs.accepted_page_count,
            costs.cost_usd,
            costs.unpriced_count + costs.in_doubt_count as unknown_count
        from fct_ebook_model_costs as costs
        left join dim_ebooks as books on costs.ebook_id = books.ebook_id
        where
            costs.stage = {inkledger.literal(stage.value)}
            and ({inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)})
        order by model, costs.ebook_id
        """,
        output=False,
        engine=ledger,
    )
    return (costs,)


@app.cell
def _(costs, judged, pl):
    _judged = judged.group_by("model").agg(pl.col("accepted_count", "rejected_count").sum())
    models = (
        costs.group_by("model")
        .agg(
            pl.len().alias("book_count"),
            pl.col("call_count", "accepted_page_count", "cost_usd", "unknown_count").sum(),
        )
        .join(_judged, on="model", how="left")
        .with_columns(pl.col("accepted_count", "rejected_count").fill_null(0))
        .with_columns(judged_count=pl.col("accepted_count") + pl.col("rejected_count"))
        .sort("cost_usd", "model", descending=[True, False])
    )
    return (models,)


@app.cell
def _(least, models, pl):
    # With fewer books a resampling has next to nothing to vary.
    LEAST_BOOKS = 5
    _few = pl.col("call_count") < least.value
    _why = (
        pl.when(_few)
        .then(pl.format("{} calls, fewer than {}", "call_count", pl.lit(least.value)))
        .when(pl.col("judged_count") == 0)
        .then(pl.lit("nobody said which of its results were accepted"))
        .otherwise(pl.lit(None, pl.String))
    )
    _why_no_cost = (
        pl.when(_few)
        .then(pl.lit(None, pl.String))
        .when(pl.col("accepted_page_count") == 0)
        .then(pl.lit("no page was accepted: there is no cost per page"))
        .when(pl.col("book_count") < LEAST_BOOKS)
        .then(pl.format("{} books, too few for a range of the cost", "book_count"))
        .otherwise(pl.lit(None, pl.String))
    )
    weighed = models.with_columns(why=_why, why_no_cost=_why_no_cost)
    return (weighed,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## How often is it rejected?

    Of the results that were judged, the share that was rejected, with its 95% Wilson score interval. It
    takes results for independent; where some books are hard to draw, the truth is less certain.
    """)
    return


@app.cell
def _(pl, sqrt, weighed):
    def wilson(rejected, judged, z=1.959964):
        """The bounds between which the true share lies with 95%."""
        share, weight = rejected / judged, z * z / judged
        middle = (share + weight / 2) / (1 + weight)
        half = z * sqrt(share * (1 - share) / judged + weight / (4 * judged)) / (1 + weight)
        return max(0.0, middle - half), min(1.0, middle + half)

    _enough = weighed.filter(pl.col("why").is_null())
    _bounds = [
        wilson(rejected, judged)
        for rejected, judged in _enough.select("rejected_count", "judged_count").iter_rows()
    ]
    rejections = _enough.select(
        "model",
        "rejected_count",
        "judged_count",
        rejected_share=pl.col("rejected_count") / pl.col("judged_count"),
        low_share=pl.Series([low for low, _ in _bounds], dtype=pl.Float64),
        high_share=pl.Series([high for _, high in _bounds], dtype=pl.Float64),
    ).sort("rejected_share", "model")
    return (rejections,)


@app.cell(hide_code=True)
def _(inkledger, mo, pl, rejections, stage):
    def _line(row):
        share, low, high = inkledger.ranged(
            *(row[name] * 100 for name in ("rejected_share", "low_share", "high_share"))
        )
        return (
            f"**{inkledger.plain(row['model'])}**: {share}% of {row['judged_count']:,} results"
            f" rejected ({low}% to {high}%)."
        )

    _named = rejections.with_columns(name=pl.col("model").str.split("/").list.last())
    mo.vstack(
        [
            *(inkledger.say(_line(row)) for row in rejections.iter_rows(named=True)),
            inkledger.ranges(
                _named,
                "rejected_share",
                "low_share",
                "high_share",
                "name",
                "share of results rejected",
                form=".0%",
            ),
        ]
        if len(rejections)
        else [
            inkledger.say(
                f"No model has enough judged results of {inkledger.plain(stage.value)} to tell."
            )
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## What does an accepted page cost?

    All that the stage cost with the model, divided by the pages of which a result was accepted. The range
    is a 95% bootstrap interval over books: books are drawn anew 4,000 times from those that
    there are, with a fixed seed, so that the same ledger gives the same range.
    """)
    return


@app.cell
def _(costs, pl, weighed):
    def resampled(books, draw_count=4000, seed=7):
        """Cost per accepted page of each draw of as many books as there are, in USD."""
        size = len(books)
        drawn = pl.int_range(size, eager=True).sample(
            size * draw_count, with_replacement=True, seed=seed
        )
        return (
            books[drawn]
            .with_columns(draw=pl.int_range(pl.len()) // size)
            .group_by("draw")
            .agg(pl.col("cost_usd", "accepted_page_count").sum())
            .filter(pl.col("accepted_page_count") > 0)
            .select(pl.col("cost_usd").cast(pl.Float64) / pl.col("accepted_page_count"))
            .to_series()
        )

    def _row(model):
        books = costs.filter(pl.col("model") == model).select("cost_usd", "accepted_page_count")
        draws = resampled(books)
        return {
            "model": model,
            "usd_per_accepted_page": books["cost_usd"].sum() / books["accepted_page_count"].sum(),
            "low_usd": draws.quantile(0.025, "nearest"),
            "high_usd": draws.quantile(0.975, "nearest"),
            "page_count": books["accepted_page_count"].sum(),
            "book_count": len(books),
        }

    _enough = weighed.filter(
        pl.col("why_no_cost").is_null() & ~pl.col("why").fill_null("").str.contains("fewer than")
    )
    prices = pl.DataFrame(
        [_row(model) for model in _enough["model"]],
        schema={
            "model": pl.String,
            "usd_per_accepted_page": pl.Decimal(38, 12),
            "low_usd": pl.Float64,
            "high_usd": pl.Float64,
            "page_count": pl.Int64,
            "book_count": pl.Int64,
        },
    ).sort("usd_per_accepted_page", "model")
    return (prices,)


@app.cell(hide_code=True)
def _(inkledger, mo, pl, prices, stage):
    def _line(row):
        cost, low, high = inkledger.ranged(
            row["usd_per_accepted_page"], row["low_usd"], row["high_usd"]
        )
        return (
            f"**{inkledger.plain(row['model'])}**: {cost} USD ({low} to {high}),"
            f" {row['page_count']:,} pages of {row['book_count']:,} books."
        )

    def _verdict():
        best, *others = prices.iter_rows(named=True)
        if not others:
            return (
                f"Only **{inkledger.plain(best['model'])}** has enough books of"
                f" {inkledger.plain(stage.value)}: there is nothing to compare it with."
            )
        close = [row["model"] for row in others if row["low_usd"] <= best["high_usd"]]
        if close:
            return (
                f"**{inkledger.plain(best['model'])}** was cheapest, and these books do not tell it"
                f" from {inkledger.plain(', '.join(close))}: the ranges overlap."
            )
        return (
            f"**{inkledger.plain(best['model'])}** costs least per accepted page; its range lies"
            " below all others."
        )

    _named = prices.with_columns(name=pl.col("model").str.split("/").list.last())
    mo.vstack(
        [
            inkledger.say(_verdict()),
            *(inkledger.say(_line(row)) for row in prices.iter_rows(named=True)),
            inkledger.ranges(
                _named,
                "usd_per_accepted_page",
                "low_usd",
                "high_usd",
                "name",
                "USD per accepted page",
            ),
            mo.md(
                "Nobody drew lots for which book is made with which model: if the hard books went"
                " to one of them, the difference is theirs."
            ),
        ]
        if len(prices)
        else [
            inkledger.say(
                f"No model has enough books with accepted pages of {inkledger.plain(stage.value)}."
            )
        ]
    )
    return


@app.cell(hide_code=True)
def _(inkledger, mo, weighed):
    def _lines():
        for row in weighed.iter_rows(named=True):
            for why in filter(None, (row["why"], row["why_no_cost"])):
                yield f"- {inkledger.plain(row['model'])}: {inkledger.plain(why)}."
            if row["unknown_count"]:
                yield (
                    f"- {inkledger.plain(row['model'])}: calls of unknown cost,"
                    f" {row['unknown_count']:,}; a page costs more than is said."
                )

    mo.vstack(
        [
            mo.md("## What cannot be compared"),
            inkledger.say("\n".join(_lines()) or "Every model of this stage is above."),
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## What if another model had done it?

    The same tokens at the prices that another model is listed at now, as far as all of the stage's
    work has a price there. Not measured: another model may need more tries or more words.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo, stage):
    what_if = mo.sql(
        f"""
        select
            what_if.other_model as model,
            sum(what_if.cost_now_usd) as cost_now_usd,
            sum(what_if.cost_usd) as cost_usd,
            sum(what_if.cost_now_usd) - sum(what_if.cost_usd) as difference_usd,
            string_agg(distinct what_if.not_carried_over, ', ') as not_carried_over
        from fct_model_what_if as what_if
        left join dim_ebooks as books on what_if.ebook_id = books.ebook_id
        where
            what_if.stage = {inkledger.literal(stage.value)}
            and ({inkledger.literal(kind.value)} is null or books.kind = {inkledger.literal(kind.value)})
        group by what_if.other_model
        having count(*) = count(what_if.cost_now_usd)
        order by cost_now_usd, model
        """,
        output=False,
        engine=ledger,
    )
    # Each ebook tells what would differ; here each word counts once.
    what_if = what_if.with_columns(
        what_if["not_carried_over"].str.split(", ").list.unique().list.sort().list.join(", ")
    )
    return (what_if,)


@app.cell(hide_code=True)
def _(inkledger, mo, what_if):
    def _sentence(row):
        return (
            f"At **{inkledger.plain(row['model'])}**'s prices of now the same work would cost"
            f" {inkledger.usd(row['cost_now_usd'])}, and it did cost {inkledger.usd(row['cost_usd'])}."
        )

    mo.vstack(
        [
            inkledger.say(_sentence(what_if.row(0, named=True))),
            inkledger.table(what_if),
        ]
        if len(what_if)
        else [
            inkledger.say(
                "No model has a price for all of this work: `inkledger pull prices`, then `build`."
            )
        ]
    )
    return


if __name__ == "__main__":
    app.run()
