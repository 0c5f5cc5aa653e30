"""What a series will cost before it is made."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="medium",
    app_title="Estimate a series",
    css_file="ink.css",
    sql_output="polars",
)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # What will the series cost?

    From the newest finished ebooks of the kind, rejections and failures included, by the rule of
    `inkledger estimate`. Eight of ten books should cost what lies within the interval.
    """)
    return


@app.cell
def _():
    import marimo as mo
    import polars as pl

    import inkledger
    from ingest.errors import InkledgerError
    from ingest.warehouse.estimate import estimate
    from ingest.warehouse.series import MOST_BOOKS, estimate_series

    inkledger.theme()
    return InkledgerError, MOST_BOOKS, estimate, estimate_series, inkledger, mo, pl


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
        select
            books.kind,
            count(distinct finished.ebook_id) as finished_count,
            coalesce(median(books.page_count), 24)::bigint as page_count
        from dim_ebooks as books
        left join fct_finished_stage_costs as finished on books.ebook_id = finished.ebook_id
        where books.kind is not null
        group by books.kind
        order by finished_count desc, books.kind
        """,
        output=False,
        engine=ledger,
    )
    return (kinds,)


@app.cell
def _(ledger, mo):
    models = mo.sql(
        f"""
        select distinct canonical_model as model
        from dim_models
        where model not like '%:%' and canonical_model <> 'unknown'
        order by model
        """,
        output=False,
        engine=ledger,
    )
    return (models,)


@app.cell(hide_code=True)
def _(MOST_BOOKS, inkledger, kinds, mo, models):
    if kinds.is_empty():
        inkledger.stop(
            "No ebook of this ledger has a kind yet: `recorder.describe_ebook` says of which kind"
            " it is."
        )
    _kinds, _models = kinds["kind"].to_list(), models["model"].to_list()
    _any = "as the books were made"
    kind = mo.ui.dropdown(
        _kinds,
        value=inkledger.argument("kind", _kinds) or _kinds[0],
        label="Kind",
        allow_select_none=False,
    )
    book_count = mo.ui.number(
        1, MOST_BOOKS, value=inkledger.whole_argument("books", 1, MOST_BOOKS, 10), label="Books"
    )
    page_count = mo.ui.number(
        1,
        10_000,
        value=inkledger.whole_argument("pages", 1, 10_000, kinds["page_count"][0]),
        label="Pages of each",
    )
    model = mo.ui.dropdown(
        {_any: None} | {name: name for name in _models},
        value=inkledger.argument("model", _models) or _any,
        label="Model",
        allow_select_none=False,
        searchable=True,
    )
    mo.hstack([kind, book_count, page_count, model], justify="start", gap=2, wrap=True)
    return book_count, kind, model, page_count


@app.cell
def _(
    InkledgerError,
    book_count,
    estimate,
    estimate_series,
    inkledger,
    kind,
    ledger,
    model,
    page_count,
):
    ledger
    try:
        book = estimate(
            inkledger.warehouse_path(inkledger.argument("home")),
            kind.value,
            page_count.value,
            model.value,
        )
    except InkledgerError as error:
        inkledger.stop(str(error))
    series = estimate_series(book, book_count.value)
    return book, series


@app.cell(hide_code=True)
def _(book, book_count, inkledger, mo, pl, series):
    def _line(what, interval):
        cost, low, high = inkledger.ranged(
            interval.median_cost_usd, interval.low_cost_usd, interval.high_cost_usd
        )
        return f"{what}: **{cost} USD**, in eight of ten cases {low} to {high} USD."

    _pages = f"{book.page_count:,} {'page' if book.page_count == 1 else 'pages'}"
    _kind = inkledger.plain(book.kind.replace("_", " "))
    _with = f" with {inkledger.plain(book.model)}" if book.model else ""
    _one = _line(f"One {_kind} of {_pages}{_with}", book.total)
    _all = _line(f"A series of {book_count.value:,}", series)
    _said = [inkledger.say(_one)] + ([inkledger.say(_all)] if book_count.value > 1 else [])
    _rows = pl.DataFrame(
        [
            {
                "of": name,
                "median_usd": interval.median_cost_usd / count,
                "low_usd": interval.low_cost_usd / count,
                "high_usd": interval.high_cost_usd / count,
            }
            for name, interval, count in (
                ("one book", book.total, 1),
                ("in the series", series, book_count.value),
            )
        ][: 1 + (book_count.value > 1)],
        schema={"of": pl.String}
        | dict.fromkeys(("median_usd", "low_usd", "high_usd"), pl.Decimal(38, 12)),
    )
    mo.vstack(
        [*_said, inkledger.ranges(_rows, "median_usd", "low_usd", "high_usd", "of", "USD per book")]
    )
    return


@app.cell(hide_code=True)
def _(book, inkledger):
    inkledger.say(
        f"What if: too few books were made with {inkledger.plain(book.model)}, so the work of the"
        f" {book.book_count:,} newest finished ones is priced at its list of now, token for token,"
        " where it has a price. Nobody tested that."
        if book.is_what_if
        else f"From the {book.book_count:,} newest finished ebooks of this kind"
        f"{' of which a stage was made with ' + inkledger.plain(book.model) if book.model else ''}."
    )
    return


@app.cell(hide_code=True)
def _(book, inkledger, mo):
    mo.md(f"""
    A series is not the sum of its quantiles: that all its books are dear is unlikely. So whole series
    are drawn, 4,000 times and always the same, from the {book.book_count:,} books that there are. Each
    draw weighs them anew, for so few books leave open what such a book costs on average, and that
    error is the same for every book of the series. It takes books to be alike and independent: one
    new style, or one new model, and the interval is too narrow.
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Stage by stage

    For one book. Each stage has a median and an interval of its own: they do not add up to the whole.
    """)
    return


@app.cell(hide_code=True)
def _(book, inkledger, mo, pl):
    _stages = pl.DataFrame(
        [
            {
                "stage": stage.stage,
                "grows_with_pages": "yes" if stage.is_per_page else "no",
                "median_usd": stage.interval.median_cost_usd,
                "low_usd": stage.interval.low_cost_usd,
                "high_usd": stage.interval.high_cost_usd,
            }
            for stage in book.stages
        ],
        schema={"stage": pl.String, "grows_with_pages": pl.String}
        | dict.fromkeys(("median_usd", "low_usd", "high_usd"), pl.Decimal(38, 12)),
    )
    mo.vstack(
        [
            inkledger.ranges(_stages, "median_usd", "low_usd", "high_usd", "stage", "USD"),
            inkledger.table(_stages),
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Have such estimates held?

    Each finished ebook of the kind, estimated from those that were finished before its first call:
    the grey line is the interval, the point what it cost, a diamond where that lay outside. Only single books are tested so; nobody
    keeps count of series.
    """)
    return


@app.cell
def _(inkledger, kind, ledger, mo):
    tested = mo.sql(
        f"""
        select
            coalesce(nullif(books.title, ''), tested.ebook_id) as ebook,
            tested.page_count, tested.actual_cost_usd, tested.low_cost_usd, tested.high_cost_usd,
            tested.has_held, tested.begun_at
        from fct_estimate_backtest as tested
        left join dim_ebooks as books on tested.ebook_id = books.ebook_id
        where tested.kind = {inkledger.literal(kind.value)} and tested.has_held is not null
        order by tested.begun_at desc, tested.ebook_id
        """,
        output=False,
        engine=ledger,
    )
    return (tested,)


@app.cell(hide_code=True)
def _(inkledger, mo, tested):
    _held = tested["has_held"].sum()
    _shown = tested.head(20)
    mo.vstack(
        [
            inkledger.say(
                f"The interval held for {_held:,} of {len(tested):,} ebooks"
                f" ({inkledger.percent(_held / len(tested), 0)}; 80% is what it promises)."
            ),
            inkledger.ranges(
                _shown,
                "actual_cost_usd",
                "low_cost_usd",
                "high_cost_usd",
                "ebook",
                f"USD, the newest {len(_shown)}",
            ),
        ]
        if len(tested)
        else [inkledger.say("None of them could be estimated so before it was begun.")]
    )
    return


@app.cell
def _(inkledger, kind, ledger, mo):
    shared = mo.sql(
        f"""
        select count(*) as book_count, sum(shared_cost_usd) as shared_usd
        from fct_ebook_costs
        where kind = {inkledger.literal(kind.value)} and shared_cost_usd <> 0
        """,
        output=False,
        engine=ledger,
    )
    return (shared,)


@app.cell(hide_code=True)
def _(inkledger, mo, shared):
    def _sentence(book_count, shared_usd):
        return (
            "Not in these figures: calls that serve a whole series, as style sheets."
            f" {book_count:,} books of this kind bear {inkledger.usd(shared_usd)} of such so far,"
            f" {inkledger.usd(shared_usd / book_count)} each."
        )

    mo.md(
        _sentence(*shared.row(0))
        if shared["book_count"][0]
        else "No book of this kind bears a part of calls that serve several."
    )
    return


if __name__ == "__main__":
    app.run()
