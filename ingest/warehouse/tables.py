"""Print a report for a person, as a table of 80 columns, or for a program, as JSON or CSV."""

import csv
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal, TextIO

from rich.console import Console, RenderableType

from ingest.money import format_usd
from ingest.warehouse.columns import (
    AGE_COLUMNS,
    BALANCE_COLUMNS,
    CHANGE_COLUMNS,
    CLASS_COLUMNS,
    DAY_COLUMNS,
    EBOOK_COLUMNS,
    ESTIMATE_COLUMNS,
    REPRICED_COLUMNS,
    SHARING_EBOOK_COLUMNS,
    STAGE_COLUMNS,
    STATUS_COLUMNS,
    STEP_COLUMNS,
    WHAT_IF_COLUMNS,
    Column,
    to_list,
    to_table,
    write_class,
)
from ingest.warehouse.estimate import Estimate, Interval
from ingest.warehouse.report import SETTLED_BY_TIME, Row

Format = Literal["table", "json", "csv"]
TABLE_WIDTH = 80


def print_status(status: Row, output_format: Format, stdout: TextIO) -> None:
    """Print what `read_status` gives; as CSV one line, with a column per count and age."""
    if output_format != "table":
        _print_for_programs(status, [_flat(status)], output_format, stdout)
        return
    _print(to_list(STATUS_COLUMNS, status), stdout)
    ages = status["unknown_by_age"]
    if any(age["oldest_call_at"] for age in ages):
        _print(to_table(AGE_COLUMNS, ages), stdout)
    _print_what_is_open([status], stdout)
    if ages[-1]["without_generation_count"]:
        _print(TOO_OLD, stdout)


def print_ebooks(ebooks: Sequence[Row], output_format: Format, stdout: TextIO) -> None:
    """Print what `read_ebooks` gives; the table's sum is the bill, with what is untracked."""
    if output_format == "table":
        ebooks = [_with_untracked(ebook) for ebook in ebooks]
    is_sharing = any(Decimal(ebook.get("shared_cost_usd", "0")) for ebook in ebooks)
    columns = SHARING_EBOOK_COLUMNS if is_sharing else EBOOK_COLUMNS
    _print_costs(columns, ebooks, output_format, stdout)


def print_stages(stages: Sequence[Row], output_format: Format, stdout: TextIO) -> None:
    """Print what `read_stages` gives."""
    _print_costs(STAGE_COLUMNS, stages, output_format, stdout)


def print_reconciliation(reconciliation: Row, output_format: Format, stdout: TextIO) -> None:
    """Print what `read_reconciliation` gives; as CSV, the days that differ."""
    days, balances = reconciliation["days"], reconciliation.get("balances", [])
    if output_format != "table":
        flat = [{**day, "classes": " ".join(day["classes"])} for day in days]
        _print_for_programs(reconciliation, flat, output_format, stdout)
    elif not reconciliation["day_count"] and not balances:
        _print(NOTHING_TO_COMPARE, stdout)
    else:
        for columns, rows in (
            (DAY_COLUMNS, days),
            (CLASS_COLUMNS, reconciliation["classes"]),
            (BALANCE_COLUMNS, [row for row in balances if row["difference_class"]]),
        ):
            if rows:
                _print(to_table(columns, rows), stdout)
        for sentence in _say_how_they_agree(reconciliation):
            _print(sentence, stdout)
        # One line, however long: the last of the output is what a script reads.
        stdout.write(f"{verdict(reconciliation)}\n")


def print_estimate(estimate: Estimate, output_format: Format, stdout: TextIO) -> None:
    """Print what `estimate` gives; as CSV a line per stage and one for the whole ebook."""
    stages: list[Row] = [
        {
            "stage": stage.stage,
            "is_per_page": stage.is_per_page,
            "is_repriced": stage.is_repriced,
            **_interval_row(stage.interval),
        }
        for stage in estimate.stages
    ]
    whole: Row = {
        "stage": WHOLE,
        "is_per_page": None,
        "is_repriced": None,
        **_interval_row(estimate.total),
    }
    said = {
        "kind": estimate.kind,
        "page_count": estimate.page_count,
        "model": estimate.model,
        "is_what_if": estimate.is_what_if,
        "book_count": estimate.book_count,
        **_interval_row(estimate.total),
        "stages": stages,
        "tested_count": estimate.tested_count,
        "held_count": estimate.held_count,
    }
    if output_format != "table":
        _print_for_programs(said, [*stages, whole], output_format, stdout)
        return
    columns = WHAT_IF_COLUMNS if estimate.is_what_if else ESTIMATE_COLUMNS
    _print(to_table(columns, [*stages, whole]), stdout)
    _print(_say_what_it_is_made_of(estimate), stdout)


def print_repricing(repricing: Row, output_format: Format, stdout: TextIO) -> None:
    """Print what `reprice` gives; as CSV, the attempts that differ."""
    rows = repricing["rows"]
    if output_format != "table":
        _print_for_programs(repricing, rows, output_format, stdout)
        return
    _print(to_table(CHANGE_COLUMNS, repricing["changes"]), stdout)
    if not rows:
        _print("`inkledger build` would change no attempt.", stdout)
        return
    _print(to_table(REPRICED_COLUMNS, rows[:MOST_ATTEMPTS]), stdout)
    if len(rows) > MOST_ATTEMPTS:
        _print(
            f"The {MOST_ATTEMPTS} largest differences of {len(rows):,}; --format csv has all.",
            stdout,
        )


def print_sync(summary: Row, stdout: TextIO) -> None:
    """Print what a sync did, for a person; alerts that are new are said elsewhere."""
    steps = [{**step, "what": step["message"] or _counts(step)} for step in summary["steps"]]
    _print(to_table(STEP_COLUMNS, steps), stdout)
    known = [alert for alert in summary["alerts"] if not alert["is_new"]]
    for alert in known:
        stdout.write(f"Still: {alert['sentence']}\n")
    if summary["cost_usd"] is None:
        _print("Nothing is published yet.", stdout)
    else:
        _print(f"{summary['cost_usd']} USD in {summary['attempt_count']:,} calls.", stdout)


WHOLE = "whole ebook"
MOST_ATTEMPTS = 20
NOTHING_TO_COMPARE = (
    "There are no records of the provider to compare with: import an activity export by day with"
    " `inkledger import activity FILE`, or run `inkledger pull activity`."
)
TOO_OLD = (
    "Calls without an id that are older than 31 days can no longer be asked for: OpenRouter's"
    " records of single generations end there."
)
NO_CALLS = "No call has landed yet, so nothing has cost anything."


def _print_costs(
    columns: Sequence[Column], rows: Sequence[Row], output_format: Format, stdout: TextIO
) -> None:
    if output_format != "table":
        _print_for_programs(rows, rows, output_format, stdout)
    elif not rows:
        _print(NO_CALLS, stdout)
    else:
        _print(to_table(columns, rows), stdout)
        _print_what_is_open(rows, stdout)


def _counts(step: Row) -> str:
    """`12 landed, 1 refused`: what there was any of."""
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in step["counts"].items()]
    return ", ".join(each for each in told if not each.startswith("0 ")) or "nothing new"


def _flat(status: Row) -> Row:
    ages = {
        f"{age['age_band']}_{name}": value
        for age in status["unknown_by_age"]
        for name, value in age.items()
        if name != "age_band"
    }
    return {**{key: status[key] for key in status if key != "unknown_by_age"}, **ages}


def _interval_row(interval: Interval) -> Row:
    return {name: format_usd(amount) for name, amount in vars(interval).items()}


def _say_what_it_is_made_of(estimate: Estimate) -> str:
    if estimate.is_what_if:
        return (
            f"What if: too few ebooks were made with {estimate.model}, so the work of the"
            f" {estimate.book_count} newest finished ones of this kind is priced at its list of"
            " now, token for token and with their rejections, where it has a price. Nobody tested"
            " that."
        )
    made = f" made with {estimate.model}" if estimate.model else ""
    tested = (
        f"The interval held for {estimate.held_count:,} of the {estimate.tested_count:,} finished"
        " ones that could be estimated so before they were begun."
        if estimate.tested_count
        else "None of them could be estimated so before it was begun."
    )
    return (
        f"From the {estimate.book_count} newest finished ebooks of this kind{made}, rejections"
        f" included. {tested} Stages do not add up to the whole: each has a median of its own."
    )


def _with_untracked(ebook: Row) -> Row:
    cost_usd = Decimal(ebook["cost_usd"]) + Decimal(ebook.get("untracked_usd", "0"))
    return {**ebook, "cost_usd": format_usd(cost_usd)}


def _say_how_they_agree(reconciliation: Row) -> Iterator[str]:
    """What was compared, and how much of it agrees."""
    if reconciliation["day_count"]:
        yield (
            f"{reconciliation['balanced_day_count']:,} of {reconciliation['day_count']:,} days"
            f" agree to the last digit. Provider less ledger: {reconciliation['difference_usd']}"
            f" USD, {reconciliation['missing_requests']:,} requests."
        )
    if generations := {row["match"]: row for row in reconciliation["generations"]}:
        counts = (
            f"{row['generation_count']:,} {match.replace('_', ' ')}"
            for match, row in generations.items()
        )
        yield f"Generation by generation: {', '.join(counts)}."
    runs, balances = reconciliation["runs"], reconciliation["balances"]
    if runs["run_count"]:
        yield (
            f"{runs['agreed_count']:,} of {runs['run_count']:,} runs agree with their producer's"
            " own sums."
        )
    if balances:
        agreed_count = sum(row["difference_class"] is None for row in balances)
        yield f"{agreed_count:,} of {len(balances):,} balances grew by what the ledger says."


def verdict(reconciliation: Row) -> str:
    """One line: balanced, or open with why and by how much."""
    if reconciliation["is_balanced"]:
        return f"Balanced: {_say_what_is_balanced(reconciliation)}."
    return f"Open: {', '.join(_open_parts(reconciliation))}."


def _open_parts(reconciliation: Row) -> Iterator[str]:
    for row in reconciliation["classes"]:
        if row["class"] != "rounding":
            counted = f" ({row['requests']:,})" if row["requests"] else ""
            yield f"{write_class(row['class'])} {row['amount_usd']} USD{counted}"
    runs = reconciliation["runs"]
    if disagreed := runs["run_count"] - runs["agreed_count"]:
        yield f"{disagreed:,} of {runs['run_count']:,} runs differ from their producer's own sums"
    for row in reconciliation["balances"]:
        if row["difference_class"] not in SETTLED_BY_TIME:
            why = write_class(row["difference_class"])
            yield f"balance on {row['until_at'][:10]} {row['difference_usd']} USD, {why}"


def _say_what_is_balanced(reconciliation: Row) -> str:
    rounded = next(iter(reconciliation["classes"]), None)
    days = reconciliation["day_count"]
    if not days:
        return "every balance grew by what the ledger says"
    whole = f"all of {reconciliation['provider_usd']} USD, {days:,} days"
    return f"{whole}; rounding {rounded['amount_usd']} USD" if rounded else whole


def _print_what_is_open(rows: Sequence[Row], stdout: TextIO) -> None:
    unpriced, in_doubt, estimated = (
        sum(row[key] for row in rows)
        for key in ("unpriced_count", "in_doubt_count", "estimated_count")
    )
    if unpriced or in_doubt:
        _print(
            f"Not in the cost: calls of unknown cost, {unpriced:,}; calls in doubt, {in_doubt:,}."
            " `inkledger pull settlements` asks OpenRouter about them.",
            stdout,
        )
    if estimated:
        _print(f"In the cost at the listed price, an estimate: calls, {estimated:,}.", stdout)


def _print_for_programs(
    content: Any, rows: Sequence[Row], output_format: Format, stdout: TextIO
) -> None:
    if output_format == "json":
        json.dump(content, stdout, indent=2, ensure_ascii=False)
        stdout.write("\n")
    elif rows:
        writer = csv.DictWriter(stdout, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _print(content: RenderableType, stdout: TextIO) -> None:
    Console(file=stdout, width=TABLE_WIDTH, highlight=False, markup=False).print(content)
