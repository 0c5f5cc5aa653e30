"""What an ebook will probably cost, from what the finished ones of its kind did.

The rule is that of `fct_estimate_backtest`, which shows how often its interval held.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ingest.errors import TooLittleHistory, UsageError
from ingest.money import round_usd
from ingest.warehouse.report import Row, fetch

LEAST_BOOKS = 9
"""Of nine alike the tenth lies between the cheapest and the dearest in eight cases of ten."""
MOST_BOOKS = 30
"""The newest ones: older books were made at other prices."""

Costs = Mapping[str, Decimal]
"""Cost of each of the books that an estimate is made of, by ebook."""


@dataclass(frozen=True)
class Interval:
    """Median and bounds between which eight of ten fall, in USD."""

    median_cost_usd: Decimal
    low_cost_usd: Decimal
    high_cost_usd: Decimal


@dataclass(frozen=True)
class StageEstimate:
    stage: str
    is_per_page: bool
    """Whether its cost grows with the pages."""
    interval: Interval
    is_repriced: bool = False
    """Whether this is what the work would cost at the model's prices, and not what it cost."""


@dataclass(frozen=True)
class Estimate:
    """The stages' medians and bounds are their own: they do not add up to those of the whole."""

    kind: str
    page_count: int
    model: str | None
    book_count: int
    total: Interval
    stages: tuple[StageEstimate, ...]
    tested_count: int
    """Finished ebooks of the kind that were estimated so, from those before them."""
    held_count: int
    """How many of those cost what lay within their interval."""
    book_costs_usd: tuple[Decimal, ...] = ()
    """What each of the books that it is made of would have cost with so many pages, rising."""

    @property
    def is_what_if(self) -> bool:
        """Whether too few ebooks were made with the model, so that others' tokens are priced."""
        return any(stage.is_repriced for stage in self.stages)


def estimate(warehouse: Path, kind: str, page_count: int, model: str | None = None) -> Estimate:
    """Estimate an ebook of `kind` with `page_count` pages from the published warehouse.

    With `model`, only from ebooks of which a stage was made with it. If these are too few, what all
    of the kind did is priced at the model's prices in force now, token for token, in every stage
    that has such a price throughout; that was never tested. Raises `UsageError` for a
    kind or a model that the warehouse does not know, and `TooLittleHistory` below nine ebooks.
    """
    canonical_model = _canonical(warehouse, model)
    history = _history(warehouse, kind, canonical_model)
    repriced: frozenset[str] = frozenset()
    made_count = len({row["ebook_id"] for row in history})
    if made_count < LEAST_BOOKS and canonical_model is not None:
        _refuse_variant(model, canonical_model)
        history, repriced = _repriced(
            warehouse, kind, _history(warehouse, kind, None), canonical_model
        )
    books = {row["ebook_id"] for row in history}
    if made_count < LEAST_BOOKS and (not repriced or len(books) < LEAST_BOOKS):
        raise TooLittleHistory(_too_little(warehouse, kind, model, made_count))
    stages: dict[str, list[Row]] = defaultdict(list)
    for row in history:
        stages[row["stage"]].append(row)
    costs = {stage: _scaled(rows, page_count) for stage, rows in stages.items()}
    totals = {book: sum((cost.get(book, Decimal()) for cost in costs.values()), Decimal())
              for book in books}  # fmt: skip
    test = fetch(
        warehouse,
        "select count(has_held) as tested_count, count_if(has_held) as held_count "
        "from fct_estimate_backtest where kind = ?",
        None if repriced else kind,
    )[0]
    return Estimate(
        kind, page_count, model, len(books), _interval(totals), stages=tuple(
            StageEstimate(
                stage,
                any(row["is_per_page"] for row in stages[stage]),
                _interval({book: cost.get(book, Decimal()) for book in books}),
                stage in repriced,
            )
            for stage, cost in costs.items()
        ),
        **test,
        book_costs_usd=tuple(sorted(totals.values())),
    )  # fmt: skip


def _history(warehouse: Path, kind: str, model: str | None) -> list[Row]:
    """The stages of the newest finished ebooks of the kind, made with the model."""
    return fetch(
        warehouse,
        f"""
        with chosen as (
            select ebook_id
            from fct_finished_stage_costs
            where kind = $1
            group by ebook_id
            having $2 is null or bool_or(main_model = $2)
            order by max(finished_at) desc, ebook_id desc
            limit {MOST_BOOKS}
        )
        select stages.*
        from fct_finished_stage_costs as stages
        where stages.ebook_id in (select ebook_id from chosen)
        order by sum(stages.cost_usd) over (partition by stages.stage) desc, stages.stage
        """,  # noqa: S608 - a number of our own
        kind,
        model,
    )


def _repriced(
    warehouse: Path, kind: str, history: list[Row], model: str
) -> tuple[list[Row], frozenset[str]]:
    """The same work at the model's prices of now, and in which stages all of it has one."""
    costs = {
        (row["ebook_id"], row["stage"]): row["cost_usd"]
        for row in fetch(
            warehouse,
            """
            select
                ebook_id,
                stage,
                sum(cost_now_usd) as cost_usd
            from fct_model_what_if
            where
                other_model = $1
                and ebook_id in (
                    select finished.ebook_id from fct_finished_stage_costs as finished
                    where finished.kind = $2
                )
            group by ebook_id, stage
            having count(*) = count(cost_now_usd)
            """,
            model,
            kind,
        )
    }
    unpriced = {row["stage"] for row in history if (row["ebook_id"], row["stage"]) not in costs}
    priced = [
        row
        if row["stage"] in unpriced
        else {**row, "cost_usd": costs[row["ebook_id"], row["stage"]]}
        for row in history
    ]
    return priced, frozenset(row["stage"] for row in history if row["stage"] not in unpriced)


def _canonical(warehouse: Path, model: str | None) -> str | None:
    if model is None:
        return None
    names = fetch(warehouse, "select canonical_model from dim_models where model = ?", model)
    if not names:
        raise UsageError(
            f"No call was ever made with the model {model!r}, and no price of it was seen: there is"
            " nothing to estimate from."
        )
    name: str = names[0]["canonical_model"]
    return name


def _refuse_variant(model: str | None, canonical_model: str) -> None:
    if model and ":" in model:
        raise UsageError(
            f"Too few ebooks were made with {model!r}, and only prices of models without a variant "
            f"are compared: ask for {canonical_model!r}, which may cost otherwise."
        )


def _too_little(warehouse: Path, kind: str, model: str | None, count: int) -> str:
    kinds = fetch(
        warehouse, "select distinct kind from dim_ebooks where kind is not null order by kind"
    )
    names = [row["kind"] for row in kinds]
    if kind not in names:
        known = f"the kinds are {', '.join(names)}" if names else "no kind was recorded yet"
        raise UsageError(f"There is no ebook of the kind {kind!r}; {known}.")
    made = f" made with {model}" if model else ""
    return (
        f"An estimate with an interval needs {LEAST_BOOKS} finished ebooks of the kind {kind}{made}"
        f", and there {'is' if count == 1 else 'are'} {count}."
    )


def _scaled(rows: Sequence[Row], page_count: int) -> dict[str, Decimal]:
    """What the stage of each ebook would have cost with so many pages."""
    return {
        row["ebook_id"]: round_usd(Decimal(row["cost_usd"]) * page_count / row["page_count"])
        if row["is_per_page"]
        else Decimal(row["cost_usd"])
        for row in rows
    }


def _interval(costs: Costs) -> Interval:
    ranked = sorted(costs.values())
    count = len(ranked)
    outer = (count + 1) // 10
    middle = (ranked[(count - 1) // 2] + ranked[count // 2]) / 2
    return Interval(round_usd(middle), ranked[outer - 1], ranked[count - outer])
