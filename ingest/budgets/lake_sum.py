"""The sum over a lake of what the calls in a scope cost, read column by column.

Every decision is made on whole columns: a million calls are added up in less than a second.
"""

from decimal import Decimal

import polars as pl

from ingest.budgets.reading import Call, Question, Told
from ingest.lake import Lake, columns
from ingest.records import TABLES
from ingest.wire.billing import NEVER_BILLED

_Sum = tuple[Decimal, list[tuple[str, Decimal | None]], list[tuple[str | None, Decimal]]]
_CALL_COLUMNS = [name for name in Call.__struct_fields__ if name != "finished_at"]


def lake_sum(lake: Lake, question: Question) -> _Sum:
    """What was spent, the calls whose cost is not known, and the dearest call of each model."""
    costs = _with_cost(_calls(lake, question), _told(lake, question))
    calls = costs.collect(engine="streaming")
    is_told = pl.col("cost_usd").is_not_null()
    told, open_calls = calls.filter(is_told), calls.filter(~is_told)
    spent = _once_each(told).sum()
    dearest = told.group_by("requested_model").agg(pl.col("cost_usd").max())
    return Decimal(spent), _never_told(open_calls, told), list(dearest.iter_rows())


def _once_each(told: pl.DataFrame) -> pl.Series:
    """The cost of each generation; of an export, which rounds, only where nothing else tells it."""
    is_repeated = told["generation"].is_duplicated()
    repeated = told.filter(is_repeated).sort("is_exported", "cost_usd", descending=[False, True])
    once = repeated.unique("generation", keep="first", maintain_order=True)
    return told.filter(~is_repeated)["cost_usd"].extend(once["cost_usd"])


def _calls(lake: Lake, question: Question) -> pl.LazyFrame:
    scope, now = question.scope, question.now
    since, landed_since = scope.since(now), scope.landed_since(now)
    landed = lake.scan("usage_events", landed_since=landed_since).select(_CALL_COLUMNS)
    fixed = scope.columns()
    landed = landed.filter(**fixed) if fixed else landed
    if since is not None:
        landed = landed.filter(pl.col("started_at") >= since)
    schema = {name: columns(TABLES["usage_events"])[name] for name in _CALL_COLUMNS}
    spooled = [
        [getattr(call, name) for name in _CALL_COLUMNS]
        for call in question.calls
        if scope.covered(call, now)
    ]
    calls = pl.concat([landed, pl.LazyFrame(spooled, schema=schema, orient="row")])
    left_out = pl.Series("left_out", list(question.left_out), dtype=pl.String)
    return calls.filter(~pl.col("event_id").is_in(left_out.implode())) if len(left_out) else calls


def _told(lake: Lake, question: Question) -> pl.LazyFrame:
    names = list(Told.__struct_fields__)
    schema = {name: columns(TABLES["settlements"])[name] for name in names}
    rows = [[getattr(told, name) for name in names] for told in question.told]
    since = question.scope.landed_since(question.now)
    landed = lake.scan("settlements", landed_since=since).select(names)
    told = pl.concat([landed, pl.LazyFrame(rows, schema=schema, orient="row")])
    # As the warehouse decides it: a match to a call first, then the newest that tells a total.
    return (
        told.filter(pl.col("total_cost_usd").is_not_null())
        .sort(pl.col("event_id").is_null(), pl.col("observed_at"), descending=[False, True])
        .with_columns(
            _spend("total_cost_usd").alias("settled_usd"),
        )
    )


def _with_cost(calls: pl.LazyFrame, told: pl.LazyFrame) -> pl.LazyFrame:
    by_generation = told.unique("generation_id", keep="first", maintain_order=True)
    by_event = told.filter(pl.col("event_id").is_not_null()).unique(
        "event_id", keep="first", maintain_order=True
    )
    is_free = (
        pl.col("http_status").is_in(sorted(NEVER_BILLED)) & pl.col("reported_cost_usd").is_null()
    )
    reported = pl.when(is_free).then(pl.lit(Decimal(0))).otherwise(_spend("reported_cost_usd"))
    return (
        calls.join(
            by_generation.select("generation_id", "settled_usd"), on="generation_id", how="left"
        )
        .join(
            by_event.select("event_id", pl.col("settled_usd").alias("matched_usd")),
            on="event_id",
            how="left",
        )
        .with_columns(
            pl.coalesce("settled_usd", "matched_usd", reported)
            .cast(pl.Decimal(38, 12))
            .alias("cost_usd")
        )
        .select(
            # Of a million ids only their hashes: two of them are the same once in forty million
            # such sums.
            pl.col("event_id").hash().alias("event"),
            pl.coalesce("generation_id", "event_id").hash().alias("generation"),
            pl.when(pl.col("cost_usd").is_null()).then(pl.col("event_id")).alias("open_event_id"),
            pl.col("requested_model").cast(pl.Categorical()),
            "reserved_usd",
            (pl.col("source") == "activity_export").alias("is_exported"),
            "cost_usd",
        )
    )


def _spend(cost_column: str) -> pl.Expr:
    # Upstream counts under the caller's own key only; without it such a cost is not known.
    own_key = pl.col("is_byok").fill_null(value=False)
    cost = pl.col(cost_column)
    return pl.when(own_key).then(cost + pl.col("upstream_cost_usd")).otherwise(cost)


def _never_told(open_calls: pl.DataFrame, told: pl.DataFrame) -> list[tuple[str, Decimal | None]]:
    # A call has its start in one file and its end in another if its segment was left meanwhile.
    for name in ("event", "generation"):
        open_calls = open_calls.join(told.select(name), on=name, how="anti")
    one_each = open_calls.group_by("open_event_id").agg(pl.col("reserved_usd").max())
    return list(one_each.iter_rows())
