import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Explore costs")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Where did the money go?

    Three questions to the published warehouse, each with its SQL and a chart:

    1. Which stage costs most per accepted page?
    2. What did rejected results cost, by model?
    3. Which ebooks lost most of their cost to waste?

    Only marts are read, and read-only, so that a build may publish meanwhile. Money stays
    `Decimal`; it becomes a float only as the length of a bar.
    """)
    return


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    return Path, alt, duckdb, mo, os


@app.cell
def _(Path, mo, os):
    home = Path(os.environ.get("INKLEDGER_HOME") or "data").expanduser()
    warehouse = home.absolute() / "warehouse.duckdb"
    missing = (
        f"There is no warehouse at {warehouse}: run `inkledger demo` for simulated books, "
        "or `inkledger build` for your own calls."
    )
    if not warehouse.exists() and mo.app_meta().mode == "script":
        raise SystemExit(missing)
    mo.stop(not warehouse.exists(), mo.callout(mo.md(missing), kind="warn"))
    return (warehouse,)


@app.cell
def _(duckdb, mo, warehouse):
    def ask(query):
        """Rows as dicts. The file is open only while it is asked."""
        with duckdb.connect(warehouse, config={"access_mode": "READ_ONLY"}) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def say(answer):
        """Show an answer, and print it when the notebook runs as a script."""
        if mo.app_meta().mode == "script":
            print(answer.replace("**", ""))
        return mo.md(answer)

    def digits(usd):
        """Every digit of an amount, without an exponent or trailing zeros."""
        text = f"{usd:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    return ask, digits, say


@app.cell
def _(alt):
    def bars(rows, amount, name, title):
        """One bar a row, in the order of the rows, with the exact amount in its tooltip."""
        values = [
            {"name": row[name], "usd": float(row[amount]), "exact": str(row[amount])}
            for row in rows
        ]
        return (
            alt.Chart(alt.InlineData(values=values), width="container", height=alt.Step(26))
            .mark_bar(color="#4878a8")
            .encode(
                x=alt.X("usd:Q", title=title, axis=alt.Axis(tickCount=6)),
                y=alt.Y("name:N", title=None, sort=[row[name] for row in rows]),
                tooltip=["name:N", "exact:N"],
            )
        )

    return (bars,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 1. Which stage costs most per accepted page?

    A page counts for a stage when a result of that stage was accepted for it; everything the
    stage cost is shared among those pages, rejected tries included. Stages that work for the whole
    book (outline, covers) have no pages and stay out.
    """)
    return


@app.cell
def _(ask):
    stages = ask("""
        select
            stage,
            sum(cost_usd) as cost_usd,
            count(distinct (ebook_id, page_number)) filter (where outcome = 'accepted') as accepted_page_count
        from fct_attempts
        where page_number is not null and stage is not null
        group by stage
        having count(*) filter (where outcome = 'accepted') > 0 and sum(cost_usd) is not null
    """)
    for stage in stages:
        stage["usd_per_accepted_page"] = round(stage["cost_usd"] / stage["accepted_page_count"], 12)
    stages.sort(key=lambda stage: stage["usd_per_accepted_page"], reverse=True)
    return (stages,)


@app.cell
def _(digits, say, stages):
    say(
        f"**{stages[0]['stage']}** costs most per accepted page: "
        f"{digits(stages[0]['usd_per_accepted_page'])} USD, "
        f"over {stages[0]['accepted_page_count']:,} pages."
        if stages
        else "No result was accepted for a page yet: `client.accept(reply)` says so."
    )
    return


@app.cell
def _(bars, stages):
    bars(stages, "usd_per_accepted_page", "stage", "USD per accepted page")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 2. What did rejected results cost, by model?

    A result is rejected when the producer says so: in a colouring book, when the quality check finds
    fault with a drawing. It was paid for all the same.
    """)
    return


@app.cell
def _(ask):
    rejected = ask("""
        select
            coalesce(canonical_model, 'unknown') as model,
            count(*) as rejected_count,
            sum(cost_usd) as rejected_cost_usd
        from fct_attempts
        where is_rejected and cost_usd > 0
        group by model
        order by rejected_cost_usd desc, model
    """)
    return (rejected,)


@app.cell
def _(digits, rejected, say):
    say(
        f"Rejected results cost {digits(sum(row['rejected_cost_usd'] for row in rejected))} USD, "
        f"{digits(rejected[0]['rejected_cost_usd'])} of it at **{rejected[0]['model']}**, "
        f"for {rejected[0]['rejected_count']:,} results."
        if rejected
        else "Nothing that cost money was rejected."
    )
    return


@app.cell
def _(bars, rejected):
    bars(rejected, "rejected_cost_usd", "model", "USD for rejected results")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## 3. Which ebooks lost most of their cost to waste?

    Waste is what was rejected, failed, or was cancelled. The share is the mart's own measure.
    """)
    return


@app.cell
def _(ask):
    wasteful = ask("""
        select
            coalesce(title, ebook_id) as ebook,
            wasted_share,
            wasted_cost_usd
        from fct_ebook_costs
        where ebook_id <> 'unattributed' and wasted_cost_usd > 0
        order by wasted_share desc, ebook
        limit 12
    """)
    return (wasteful,)


@app.cell
def _(digits, say, wasteful):
    say(
        f"**{wasteful[0]['ebook']}** lost most: {wasteful[0]['wasted_share'] * 100:.1f}% of its cost, "
        f"{digits(wasteful[0]['wasted_cost_usd'])} USD."
        if wasteful
        else "No ebook has any waste."
    )
    return


@app.cell
def _(bars, wasteful):
    bars(wasteful, "wasted_share", "ebook", "share of the ebook's cost")
    return


if __name__ == "__main__":
    app.run()
