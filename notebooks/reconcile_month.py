"""A month against the bill, with a statement to sign."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="medium",
    app_title="Reconcile a month",
    css_file="ink.css",
    sql_output="polars",
)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Is this month the bill?

    The ledger against OpenRouter's own records, by UTC day as OpenRouter dates its generations. All
    amounts are in USD and exact; a difference is what OpenRouter billed less what the ledger holds,
    so that above 0 the bill has something that the ledger has not.
    """)
    return


@app.cell
def _():
    from datetime import UTC, datetime, timedelta
    from importlib.metadata import version

    import marimo as mo
    import polars as pl

    import inkledger

    inkledger.theme()
    return UTC, datetime, inkledger, mo, pl, timedelta, version


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
    months = mo.sql(
        f"""
        with days as (
            select billed_date as day from int_billed_days
            union
            select date_utc as day from fct_reconciliation_days
        ),
        months as (
            select distinct cast(date_trunc('month', day) as date) as month_start from days
        )
        select
            strftime(month_start, '%Y-%m') as month,
            month_start,
            cast(month_start + interval 1 month as date) as month_end,
            month_start + interval 1 month
                <= (select cast(built_at as date) from fct_ledger_status) as is_over
        from months
        order by month_start desc
        """,
        output=False,
        engine=ledger,
    )
    return (months,)


@app.cell(hide_code=True)
def _(inkledger, mo, months):
    # The newest month that is over: one that is not is no bill yet.
    if months.is_empty():
        inkledger.stop("No call and no bill is in this ledger yet: there is no month to compare.")
    _names = months["month"].to_list()
    _over = months.filter(months["is_over"])["month"].to_list()
    month = mo.ui.dropdown(
        _names,
        value=inkledger.argument("month", _names) or (_over or _names)[0],
        label="Month (UTC)",
        allow_select_none=False,
    )
    month
    return (month,)


@app.cell
def _(inkledger, ledger, mo, month, months):
    first, end, is_over = (
        months.filter(months["month"] == month.value)
        .select("month_start", "month_end", "is_over")
        .row(0)
    )
    booked = mo.sql(
        f"""
        -- The ledger as OpenRouter dates it, which no mart has yet.
        select
            billed_date as date_utc,
            sum(attempt_count)::bigint as call_count,
            sum(cost_usd) as ledger_usd,
            sum(open_count)::bigint as unknown_count,
            sum(estimated_count)::bigint as estimated_count
        from int_billed_days
        where billed_date >= {inkledger.literal(first)} and billed_date < {inkledger.literal(end)}
        group by date_utc
        order by date_utc
        """,
        output=False,
        engine=ledger,
    )
    return booked, end, first, is_over


@app.cell
def _(end, first, inkledger, ledger, mo):
    compared = mo.sql(
        f"""
        select
            date_utc,
            canonical_model,
            sum(ledger_usd) as ledger_usd,
            sum(provider_usd) as provider_usd,
            sum(difference_usd) as difference_usd,
            sum(ledger_requests)::bigint as ledger_requests,
            sum(provider_requests)::bigint as provider_requests,
            bool_and(is_balanced) as is_balanced
        from fct_reconciliation_days
        where date_utc >= {inkledger.literal(first)} and date_utc < {inkledger.literal(end)}
        group by date_utc, canonical_model
        order by date_utc, canonical_model
        """,
        output=False,
        engine=ledger,
    )
    return (compared,)


@app.cell
def _(end, first, inkledger, ledger, mo):
    classes = mo.sql(
        f"""
        select
            difference_class,
            sum(amount_usd) as amount_usd,
            sum(requests)::bigint as requests,
            count(distinct date_utc) as day_count,
            coalesce(sum(amount_usd) filter (where is_untracked), 0) as untracked_usd
        from fct_reconciliation_differences
        where date_utc >= {inkledger.literal(first)} and date_utc < {inkledger.literal(end)}
        group by difference_class
        order by difference_class = 'rounding', abs(sum(amount_usd)) desc, difference_class
        """,
        output=False,
        engine=ledger,
    )
    return (classes,)


@app.cell
def _(end, first, inkledger, ledger, mo):
    generations = mo.sql(
        f"""
        select
            date_utc as day, canonical_model as model, match, recorded_usd, provider_usd,
            difference_usd, told_by, generation_id
        from fct_reconciliation_generations
        where date_utc >= {inkledger.literal(first)} and date_utc < {inkledger.literal(end)}
        order by abs(difference_usd) desc nulls first, date_utc, generation_id
        """,
        output=False,
        engine=ledger,
    )
    return (generations,)


@app.cell
def _(end, first, inkledger, ledger, mo):
    counted = mo.sql(
        f"""
        select match, told_by, sum(generation_count)::bigint as generation_count
        from fct_reconciliation_generation_days
        where date_utc >= {inkledger.literal(first)} and date_utc < {inkledger.literal(end)}
        group by match, told_by
        order by match, told_by
        """,
        output=False,
        engine=ledger,
    )
    return (counted,)


@app.cell
def _(end, first, inkledger, ledger, mo):
    balances = mo.sql(
        f"""
        select
            coalesce(api_key_name, if(balance_of = 'account', 'account', balance_of[:8] || '…'))
                as balance_of,
            coalesce(difference_class, 'equal') as why,
            provider_usd, ledger_usd, difference_usd, from_at, until_at
        from fct_reconciliation_balances
        where
            until_at > {inkledger.literal(first)} and from_at < {inkledger.literal(end)}
        order by until_at, balance_of
        """,
        output=False,
        engine=ledger,
    )
    return (balances,)


@app.cell
def _(end, first, inkledger, ledger, mo):
    runs = mo.sql(
        f"""
        select ebook_id, producer_usd, reported_usd, finished_at, run_id, is_agreed
        from fct_run_totals
        where
            finished_at >= {inkledger.literal(first)} and finished_at < {inkledger.literal(end)}
        order by is_agreed, finished_at, run_id
        """,
        output=False,
        engine=ledger,
    )
    return (runs,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Day by day

    Blue is what both have, vermilion what OpenRouter billed beyond the ledger, grey what the ledger
    holds beyond the bill or no record covers.
    """)
    return


@app.cell
def _(booked, compared, pl):
    _told = compared.group_by("date_utc").agg(
        pl.col("ledger_usd", "provider_usd", "difference_usd").sum(),
        pl.col("ledger_requests", "provider_requests").sum(),
        pl.col("is_balanced").all(),
    )
    # A day of which OpenRouter's records say nothing is not compared.
    _alone = booked.join(_told, on="date_utc", how="anti").select(
        "date_utc",
        "ledger_usd",
        pl.lit(None, _told.schema["provider_usd"]).alias("provider_usd"),
        pl.lit(None, _told.schema["difference_usd"]).alias("difference_usd"),
        pl.col("call_count").alias("ledger_requests"),
        pl.lit(None, pl.Int64).alias("provider_requests"),
        pl.lit(None, pl.Boolean).alias("is_balanced"),
    )
    days = pl.concat(
        [_told.select(_alone.columns), _alone.cast(dict(_told.select(_alone.columns).schema))]
    ).sort("date_utc")
    uncovered = days.filter(pl.col("provider_usd").is_null())
    return days, uncovered


@app.cell(hide_code=True)
def _(days, end, first, inkledger, mo, pl):
    _least = pl.min_horizontal("ledger_usd", pl.coalesce("provider_usd", pl.col("ledger_usd") * 0))
    _parts = days.with_columns(
        both=_least,
        beyond=pl.coalesce("provider_usd", _least) - _least,
        ours=pl.col("ledger_usd") - _least,
    )
    _shown = days.select(
        day="date_utc",
        state=pl.when(pl.col("is_balanced").is_null())
        .then(pl.lit("no record"))
        .when("is_balanced")
        .then(pl.lit("equal"))
        .otherwise(pl.lit("differs")),
        ledger_usd="ledger_usd",
        provider_usd="provider_usd",
        difference_usd="difference_usd",
        ledger_calls="ledger_requests",
        billed_calls="provider_requests",
    )
    mo.vstack(
        [
            inkledger.days(
                _parts,
                "date_utc",
                {
                    "both have it": "both",
                    "billed beyond the ledger": "beyond",
                    "in the ledger alone": "ours",
                },
                span=(first, end),
            ),
            inkledger.table(_shown, inkledger.exact),
        ]
        if len(days)
        else [mo.md("No call and no bill in this month.")]
    )
    return


@app.cell(hide_code=True)
def _(compared, inkledger, mo, pl):
    _differing = compared.filter(~pl.col("is_balanced")).select(
        day="date_utc",
        model="canonical_model",
        ledger_usd="ledger_usd",
        provider_usd="provider_usd",
        difference_usd="difference_usd",
        ledger_calls="ledger_requests",
        billed_calls="provider_requests",
    )
    mo.vstack(
        [
            mo.md("## Model by model, where they differ"),
            inkledger.table(_differing, inkledger.exact)
            if len(_differing)
            else mo.md(
                "No model on any day." if len(compared) else "There is nothing to compare with."
            ),
        ]
    )
    return


@app.cell(hide_code=True)
def _(classes, inkledger, mo, pl):
    WHY = {
        "untracked_call": "billed, and no call of the ledger is it: record or import those calls",
        "other_key": "a key that only one side has ever heard of",
        "not_settled_yet": "calls whose cost is unknown or in doubt: inkledger pull settlements",
        "day_not_complete": "asked, or exported, before the day was over: pull or import again",
        "byok": "own-key usage that the records leave out or estimate",
        "rounding": "what exports round; nothing to do",
        "unexplained": "none of these: compare the calls of the day",
    }
    mo.vstack(
        [
            mo.md("## Why they differ"),
            inkledger.table(
                classes.select(
                    pl.col("difference_class").alias("class"),
                    pl.col("difference_class").replace_strict(WHY, default="").alias("meaning"),
                    "amount_usd",
                    "untracked_usd",
                    "requests",
                    pl.col("day_count").alias("days"),
                ),
                inkledger.exact,
                wrapped=["meaning"],
            )
            if len(classes)
            else mo.md("There is no difference to explain."),
        ]
    )
    return


@app.cell(hide_code=True)
def _(balances, counted, generations, inkledger, mo, pl, runs):
    def _section(title, rows, nothing):
        return [
            mo.md(f"## {title}"),
            inkledger.table(rows, inkledger.exact) if len(rows) else mo.md(nothing),
        ]

    mo.vstack(
        [
            *_section(
                "Generation by generation, where they differ",
                generations,
                f"None of the {counted['generation_count'].sum():,} that were compared."
                if len(counted)
                else "No generation of this month was compared one by one.",
            ),
            *_section(
                "Balances",
                balances,
                "No two balances were pulled around this month: `inkledger pull credits`.",
            ),
            *_section(
                "Runs that differ from their producer's own sum",
                runs.filter(~pl.col("is_agreed")).drop("is_agreed"),
                f"None of the {len(runs):,} that ended in this month.",
            ),
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## The statement
    """)
    return


@app.cell
def _(
    balances,
    booked,
    classes,
    compared,
    counted,
    end,
    first,
    inkledger,
    is_over,
    ledger,
    pl,
    runs,
    timedelta,
    uncovered,
    version,
):
    def _counted(number, noun):
        return f"{number:,} {noun}{'' if number == 1 else 's'}"

    def _usd(frame, column):
        return inkledger.exact(frame[column].sum() or 0)

    def _dates(days):
        shown = ", ".join(str(day) for day in days[:5])
        return shown if len(days) <= 5 else f"{shown} and {len(days) - 5:,} more"

    (_state,) = inkledger.frame(
        ledger, "select built_at, landed_at, quarantined_count from fct_ledger_status"
    ).to_dicts()
    _compared_days = compared["date_utc"].n_unique()
    _unknown = booked["unknown_count"].sum()
    _disagreed = runs.filter(~pl.col("is_agreed"))
    _open_balances = balances.filter(~pl.col("why").is_in(["equal", "rounding", "in_flight"]))
    _open_classes = classes.filter(pl.col("difference_class") != "rounding")

    open_points = [
        *([] if is_over else ["the month is not over"]),
        *([] if _compared_days else ["there is no record of OpenRouter's to compare with"]),
        *(
            [
                f"no record covers {_counted(len(uncovered), 'day')} with "
                f"{_usd(uncovered, 'ledger_usd')} ({_dates(uncovered['date_utc'].to_list())})"
            ]
            if _compared_days and uncovered["ledger_usd"].sum()
            else []
        ),
        *(
            f"{row['difference_class'].replace('_', ' ')} {inkledger.exact(row['amount_usd'])}"
            f" ({_counted(abs(row['requests']), 'request')})"
            for row in _open_classes.iter_rows(named=True)
        ),
        *([f"{_counted(_unknown, 'call')} of unknown cost or in doubt"] if _unknown else []),
        *(
            [f"{_counted(len(_open_balances), 'balance')} grew by another sum than the ledger's"]
            if len(_open_balances)
            else []
        ),
        *(
            [f"{_counted(len(_disagreed), 'run')} with another sum than its producer's own"]
            if len(_disagreed)
            else []
        ),
        *(
            [f"{_counted(_state['quarantined_count'], 'line')} of any month in quarantine"]
            if _state["quarantined_count"]
            else []
        ),
    ]
    _told_by = ", ".join(
        f"{row['generation_count']:,} {row['match'].replace('_', ' ')} by"
        f" {row['told_by'].replace('_', ' ')}"
        for row in counted.iter_rows(named=True)
    )
    _covered = sorted(compared["date_utc"].unique())
    statement = [
        ("Month", f"{first:%B %Y}, {first} to {end - timedelta(days=1)}, UTC"),
        ("Ledger", f"{_usd(booked, 'ledger_usd')}, {_counted(booked['call_count'].sum(), 'call')}"),
        (
            "Days compared",
            f"{_compared_days:,}, {_covered[0]} to {_covered[-1]}" if _covered else "none",
        ),
        *(
            [
                ("Ledger on them", _usd(compared, "ledger_usd")),
                ("OpenRouter billed", _usd(compared, "provider_usd")),
                ("Difference", _usd(compared, "difference_usd")),
                *(
                    (
                        f"– {row['difference_class'].replace('_', ' ')}",
                        f"{inkledger.exact(row['amount_usd'])},"
                        f" {_counted(abs(row['requests']), 'request')},"
                        f" {_counted(row['day_count'], 'day')}",
                    )
                    for row in classes.iter_rows(named=True)
                ),
                ("Untracked in it", _usd(classes, "untracked_usd")),
            ]
            if _covered
            else []
        ),
        (
            "Ledger on other days",
            f"{_usd(uncovered, 'ledger_usd')}, {_counted(len(uncovered), 'day')}",
        ),
        ("At a listed price", _counted(booked["estimated_count"].sum(), "call")),
        (
            "Evidence",
            "; ".join(
                [
                    f"OpenRouter's records of {_counted(_compared_days, 'day')}",
                    f"generations: {_told_by}" if _told_by else "no single generation",
                    _counted(len(balances), "interval") + " between balances",
                    f"{_counted(len(runs), 'run')} with their producer's own sum",
                ]
            ),
        ),
        (
            "As of",
            f"the build of {_state['built_at']:%Y-%m-%d %H:%M} UTC, inkledger"
            f" {version('inkledger')}",
        ),
    ]
    verdict = (
        f"Open: {'; '.join(open_points)}."
        if open_points
        else "The ledger of this month is what OpenRouter billed"
        + (", but for what exports round." if len(classes) else ", to the last digit.")
    )
    return open_points, statement, verdict


@app.cell(hide_code=True)
def _(inkledger, mo, month, open_points, statement, verdict):
    _width = max(len(name) for name, _ in statement)
    text = "\n".join(
        [
            f"Statement on {month.value}",
            "",
            *(f"{name:<{_width}}  {value}" for name, value in statement),
            "",
            verdict,
            "",
            "Name: ______________________________   Date: ______________",
        ]
    )
    if mo.app_meta().mode == "script":
        print(text)
    mo.vstack(
        [
            mo.Html(
                "<table class='statement'>"
                + "".join(
                    f"<tr><th scope='row'>{inkledger.plain(name)}</th>"
                    f"<td>{inkledger.plain(value)}</td></tr>"
                    for name, value in statement
                )
                + "</table>"
            ),
            mo.callout(mo.md(inkledger.plain(verdict)), kind="warn" if open_points else "success"),
            mo.md("Name: ______________________ &emsp; Date: ______________".replace("_", "&#95;")),
            mo.download(
                text.encode(), filename=f"statement-{month.value}.txt", label="Statement as text"
            ),
        ],
        gap=1,
    )
    return (text,)


if __name__ == "__main__":
    app.run()
