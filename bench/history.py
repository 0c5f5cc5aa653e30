"""Seeded histories of a publisher, as rows of the lake and as lines of the spool.

A day has 25,000 attempts and depends on seed and date alone, so that a longer history has more
days and not other ones. Books and models are skewed; some four of a hundred attempts fail and are
made again, some two lose their cost and are settled later, a few stay in doubt; pages are rejected
and made again. `python bench/history.py FOLDER ATTEMPTS` writes a home with such a lake.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ingest.lake import Lake, columns
from ingest.recording.lines import Arrival, Departure
from ingest.records import TABLES
from ingest.settings import Home

SEED = 7
ATTEMPTS_A_DAY = 25_000
FIRST_DAY = date(2025, 1, 6)
Rows = dict[str, pl.DataFrame]
"""Table name → its rows."""

# Slug, permaslug, provider, USD of a million input tokens and of a million output tokens.
TEXT_MODELS = (
    ("openai/gpt-5-nano", "openai/gpt-5-nano-2025-08-07", "OpenAI", 0.05, 0.4),
    ("google/gemini-2.5-flash", "google/gemini-2.5-flash", "Google", 0.3, 2.5),
    ("anthropic/claude-sonnet-4.6", "anthropic/claude-4.6-sonnet-20260217", "Anthropic", 3, 15),
    ("qwen/qwen3.6-plus", "qwen/qwen3.6-plus-04-02", "Alibaba", 0.4, 1.2),
    ("mistralai/mistral-small-3.2", "mistralai/mistral-small-3.2-24b", "Mistral", 0.06, 0.18),
    ("openai/gpt-5", "openai/gpt-5-2025-08-07", "OpenAI", 1.25, 10),
    ("deepseek/deepseek-v3.2", "deepseek/deepseek-v3.2-20251201", "DeepInfra", 0.26, 0.38),
    ("meta-llama/llama-4-scout", "meta-llama/llama-4-scout-17b-16e", "Groq", 0.11, 0.34),
)
IMAGE_MODELS = (
    ("google/gemini-2.5-flash-image", "google/gemini-2.5-flash-image", "Google", 0.3, 30),
    ("openai/gpt-5-image-mini", "openai/gpt-5-image-mini", "OpenAI", 2.5, 8),
    ("google/gemini-3-pro-image", "google/gemini-3-pro-image-20251120", "Google", 2, 120),
)
MODELS = TEXT_MODELS + IMAGE_MODELS
STAGES = ("outline", "prompts", "line_art", "quality_check", "cover", "back_cover")
SERIES = ("Little Naturalist", "Night Garden", "Harbour Tales", "Tiny Machines")
CAMPAIGNS = ("spring", "back to school", "advent", "fair", "subscribers", "library", "reprint")
REFUSALS = np.array([429, 503, 502])
WORDS = (
    "forest", "river", "meadow", "harbour", "castle", "garden", "winter", "summer",
    "ocean", "desert", "island", "mountain", "village", "robot", "dragon", "tiger", "panda",
    "owl", "train", "rocket",
)  # fmt: skip
KEY_HASHES = tuple(f"{n:02x}" * 32 for n in (0xA1, 0x5B, 0xC7))


def days(attempts: int) -> list[date]:
    """The days of a history of so many attempts."""
    count = -(-attempts // ATTEMPTS_A_DAY)
    return [FIRST_DAY + timedelta(days=number) for number in range(count)]


def write_lake(home: Home, attempts: int, seed: int = SEED) -> None:
    """The lake of such a history: a file per table and day, as compaction leaves them."""
    lake = Lake(home.lake)
    history = days(attempts)
    for number, day in enumerate(history):
        size = min(ATTEMPTS_A_DAY, attempts - number * ATTEMPTS_A_DAY)
        land_day(lake, day, size, seed, has_yesterday=number > 0)
    lake.land_rows("model_prices", "prices", price_rows(history), _evening(FIRST_DAY))


def land_day(
    lake: Lake,
    day: date,
    size: int = ATTEMPTS_A_DAY,
    seed: int = SEED,
    *,
    has_yesterday: bool = True,
) -> None:
    """One file of each table: what happened that day, and what comes late from the day before."""
    parts = [split_late(day_rows(day, size, seed))[0]]
    if has_yesterday:
        parts.append(split_late(day_rows(day - timedelta(days=1), seed=seed))[1])
    for table_name in parts[0]:
        frames = [part[table_name] for part in parts if table_name in part]
        lake.land_rows(table_name, f"day-{day}", pl.concat(frames), _evening(day))


def land_late(lake: Lake, day: date, size: int = ATTEMPTS_A_DAY, seed: int = SEED) -> None:
    """What became known of a day on the day after, by itself."""
    for table_name, rows in split_late(day_rows(day, size, seed))[1].items():
        lake.land_rows(table_name, f"late-{day}", rows, _evening(day + timedelta(days=1)))


def split_late(rows: Rows) -> tuple[Rows, Rows]:
    """What lands on the day itself, and what is known on the day after: a tenth of what is late."""
    on_time, late = dict(rows), {}
    for table_name in ("settlements", "outcomes"):
        is_late = pl.int_range(pl.len()) % 10 == 0
        late[table_name] = rows[table_name].filter(is_late)
        on_time[table_name] = rows[table_name].filter(~is_late)
    return on_time, late


def day_rows(day: date, size: int = ATTEMPTS_A_DAY, seed: int = SEED) -> Rows:
    """Every row that the attempts of one day leave, by table; what landed is not set."""
    chance = np.random.default_rng([seed, day.toordinal()])
    calls = _calls(chance, day, size)
    events = _events(chance, calls)
    return {
        "usage_events": _typed("usage_events", events),
        "settlements": _typed("settlements", _settlements(events)),
        "outcomes": _typed("outcomes", _outcomes(events)),
        "control_totals": _typed("control_totals", _control_totals(events)),
        "ebooks": _typed("ebooks", _ebooks(events)),
        "provider_activity": _typed("provider_activity", _provider_activity(events, day)),
    }


def spool_lines(rows: Rows, *, ends_only: bool = False) -> Iterator[bytes]:
    """The day's lines in the order of their instants: start, headers and end of each attempt.

    `ends_only` gives one line an attempt, for readers that know no starts.
    """
    events = rows["usage_events"].with_row_index("nth")
    events = events.with_columns(  # With every digit that the reply said.
        pl.col("usage_json").str.extract('"cost":([0-9.]+)').alias(name)
        for name in ("reported_cost_usd", "upstream_cost_usd")
    )
    begun = [*Departure.__struct_fields__, "status"]
    answered = [*begun[:-1], "http_status", "generation_id", "status"]
    ended = [*begun[:-1], *Arrival.__struct_fields__]
    in_doubt = events.with_columns(status=pl.lit("in_doubt"))
    soon = pl.col("started_at") + pl.duration(seconds=2)
    kinds = [
        (pl.col("started_at"), begun, in_doubt),
        (pl.coalesce("first_byte_at", soon), answered, in_doubt.filter(_HAS_HEADERS)),
        (pl.col("finished_at"), ended, events.filter(pl.col("status") != "in_doubt")),
    ]
    lines = [
        frame.select(at=at, nth="nth", line=_line("usage_events", names, frame))
        for at, names, frame in kinds[2 if ends_only else 0 :]
    ]
    for (line,) in pl.concat(lines).sort("at", "nth").select("line").iter_rows():
        yield line.encode() + b"\n"


_HAS_HEADERS = pl.col("http_status").is_not_null()


def _calls(chance: np.random.Generator, day: date, size: int) -> pl.DataFrame:
    """One row per operation of each book, then one per attempt, cut to `size`."""
    books = 5 + size // 60
    began = _micros(day) + chance.integers(0, 82_000_000_000, books)
    # A book is made by a process of its own, whose ids count up from a number of its own.
    first_number = chance.integers(0, 1 << 61, books)
    per_book = pl.DataFrame(
        {
            "book": np.arange(books),
            "first_number": first_number,
            "page_count": np.clip(chance.lognormal(3.4, 0.7, books).astype(int), 8, 240),
            "began": began,
            "run_id": _uuids(began, first_number),
            "ebook_id": _ebook_ids(chance, day, books),
            "text_model": _skewed(chance, len(TEXT_MODELS), books),
            "image_model": len(TEXT_MODELS) + _skewed(chance, len(IMAGE_MODELS), books),
            "is_own_client": chance.random(books) < 0.5,
        }
    )
    text, image = pl.col("text_model"), pl.col("image_model")
    plan = [
        _stage(per_book, "outline", pl.lit(1), text),
        _stage(per_book, "prompts", (pl.col("page_count") + 9) // 10, text),
        _stage(per_book, "line_art", pl.col("page_count"), image),
        _stage(per_book, "quality_check", pl.col("page_count"), text),
        _stage(per_book, "cover", pl.lit(1), image),
        _stage(per_book, "back_cover", pl.lit(1), image),
    ]
    operations = pl.concat(plan).sort("book", "stage_order", "page_number", maintain_order=True)
    # A rejected page is made again: the same page, another operation.
    count = operations.height
    is_rejected = (chance.random(count) < 0.12) & (operations["stage"] == "line_art").to_numpy()
    operations = operations.with_columns(
        is_rejected=pl.Series(is_rejected), tries=pl.Series(1 + is_rejected)
    )
    operations = _repeated(operations, "tries", "try").with_columns(
        is_rejected=pl.col("is_rejected") & (pl.col("try") == 0)
    )
    attempts = (
        1 + (chance.random(operations.height) < 0.04) + (chance.random(operations.height) < 0.005)
    )
    operations = operations.with_columns(attempts=pl.Series(attempts)).with_row_index("operation")
    calls = _repeated(operations, "attempts", "earlier").head(size)
    gaps = pl.Series(chance.integers(2_000_000, 9_000_000, calls.height))
    return calls.with_columns(gap=gaps).with_columns(
        at=pl.col("began") + pl.col("gap").cum_sum().over("book"),
        # Of its operation, of itself and of its outcome.
        number=pl.col("first_number") + 3 * pl.int_range(1, pl.len() + 1),
    )


def _events(chance: np.random.Generator, calls: pl.DataFrame) -> pl.DataFrame:
    size = calls.height
    at = calls["at"].to_numpy()
    model = np.where(
        np.isin(calls["stage"], ["line_art", "cover", "back_cover"]),
        calls["image_model"], calls["text_model"],
    )  # fmt: skip
    is_image = model >= len(TEXT_MODELS)
    # The earlier attempts at an operation failed; of the last ones a few did in ways of their own.
    is_last = (calls["earlier"] + 1 == calls["attempts"]).to_numpy()
    end = chance.random(size)
    is_cut_before_headers = chance.random(size) < 0.5
    status = np.select(
        [~is_last, end < 0.003, end < 0.012, end < 0.018],
        ["failed", "in_doubt", "cancelled", "failed"], "succeeded",
    )  # fmt: skip
    is_done = status == "succeeded"
    input_tokens = np.where(is_image, 40, 300) + chance.lognormal(5, 0.8, size).astype(int)
    output_tokens = np.where(is_image, 1290, chance.lognormal(6, 1, size)).astype(int)
    thinks = ~is_image & (model % 2 == 0)
    reasoning = np.where(thinks, output_tokens * chance.integers(0, 80, size) // 100, 0)
    cached = np.where(~is_image & (chance.random(size) < 0.3), input_tokens // 64 * 32, 0)
    usd_in, usd_out = (np.array([_picos(each[n]) for each in MODELS])[model] for n in (3, 4))
    picos = (input_tokens - cached) * usd_in + cached * (usd_in // 10) + output_tokens * usd_out
    # Discounts make what JavaScript prints in 16 digits, of which the ledger keeps twelve.
    is_odd = chance.random(size) < 0.1
    picos = np.where(is_odd, picos // 3, picos)
    is_silent = chance.random(size) < 0.005
    first = chance.integers(300_000, 3_000_000, size)
    last = first + np.where(is_image, 4_000_000, 200_000) + chance.integers(0, 4_000_000, size)
    refused = status == "failed"
    number = calls["number"].to_numpy()
    event_id = _uuids(at, number + 1)
    named = {name: np.array([each[n] for each in MODELS])[model] for name, n in
             (("requested_model", 0), ("served_model", 1), ("provider_name", 2))}  # fmt: skip
    frame = calls.select(
        "operation", "run_id", "stage", "page_number", "is_rejected", "page_count",
        "earlier", "is_own_client", "book", "ebook_id", "number",
        attempt_number=pl.col("earlier") + 1,
        labels=_labels(),
        api_key_hash=_of("book", KEY_HASHES),
        started_at=_instant(at),
        first_byte_at=_instant(at + first, where=status != "in_doubt"),
        finished_at=_instant(at + last, where=status != "in_doubt"),
        generation_at=pl.Series((at + first) // 1_000_000),
        event_id=event_id,
        own_operation=_uuids(at - 400, number),
        generation=_letters(chance, size, 20),
        status=pl.Series(status),
        http_status=pl.Series(np.where(refused, REFUSALS[model % 3], 200)),
        is_odd=pl.Series(is_odd),
        picos=pl.Series(picos),
        is_image=pl.Series(is_image),
        input_tokens=pl.Series(input_tokens),
        output_tokens=pl.Series(output_tokens),
        reasoning_tokens=pl.Series(reasoning),
        cache_read_tokens=pl.Series(cached),
        has_headers=pl.Series((status != "in_doubt") | is_cut_before_headers),
        has_usage=pl.Series(is_done & ~is_silent),
        **{name: pl.Series(values) for name, values in named.items()},
    )  # fmt: skip
    return _worded(frame)


def _labels() -> pl.Expr:
    """As `attribute` writes them: a series for most books, for some of these a campaign too."""
    series, campaign = _of("book", SERIES), _of("book", CAMPAIGNS)
    return (
        pl.when(pl.col("book") % 5 == 0).then(None)
        .when(pl.col("book") % 3 == 0)
        .then(pl.format('{{"campaign": "{}", "series": "{}"}}', campaign, series))
        .otherwise(pl.format('{{"series": "{}"}}', series))
    )  # fmt: skip


def _worded(frame: pl.DataFrame) -> pl.DataFrame:
    """What follows from the numbers: ids, texts, what is unknown because the reply never came."""
    col, done = pl.col, pl.col("status") == "succeeded"
    cost = _usd_text(col("picos"))
    frame = frame.with_columns(
        operation_id=pl.when("is_own_client").then("own_operation").otherwise("event_id")
        .first().over("operation"),
        endpoint=pl.lit("chat/completions"),
        is_streamed=~col("is_image"),
        session_id=col("run_id"),
        http_status=pl.when("has_headers").then("http_status"),
        generation_id=pl.when(col("http_status") == 200, "has_headers")
        .then(pl.format("gen-{}-{}", "generation_at", "generation")),
        error_type=pl.when(col("http_status") != 200, col("status") == "failed")
        .then(pl.format("http_{}", "http_status"))
        .when(col("status") == "failed").then(pl.lit("incomplete_reply"))
        .when(col("status") == "cancelled").then(pl.lit("closed_early")),
        finish_reason=pl.when(done).then(pl.lit("stop")),
        input_image_count=pl.when(col("stage") == "quality_check").then(pl.lit(1)),
        output_image_count=pl.when(done, "is_image").then(pl.lit(1)),
        output_image_tokens=pl.when("is_image").then("output_tokens").otherwise(0),
        cache_write_tokens=pl.lit(0), web_search_count=pl.lit(0), is_byok=pl.lit(False),
        reported_cost_usd=(col("picos").cast(pl.Decimal(38, 0)) * pl.lit("0.000000000001").cast(
            pl.Decimal(38, 12))).cast(pl.Decimal(18, 12)),
        cost_text=pl.when("is_odd").then(pl.format("{}3333", cost))
        .otherwise(cost.str.strip_chars_end("0").str.strip_chars_end(".")),
    ).with_columns(
        upstream_cost_usd="reported_cost_usd", usage_json=_usage(), billed_usd="reported_cost_usd",
        billed_model="served_model", billed_provider="provider_name",
    )  # fmt: skip
    of_the_reply = [
        "usage_json", "input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens",
        "cache_write_tokens", "output_image_tokens", "web_search_count", "is_byok",
        "reported_cost_usd", "upstream_cost_usd", "served_model", "provider_name", "cost_text",
    ]  # fmt: skip
    return frame.with_columns(
        pl.when("has_usage").then(col(name)).alias(name) for name in of_the_reply
    )


def _usage() -> pl.Expr:
    return pl.format(
        '{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"cost":{},"is_byok":false,'
        '"prompt_tokens_details":{{"cached_tokens":{},"cache_write_tokens":0,"audio_tokens":0}},'
        '"cost_details":{{"upstream_inference_cost":{},"upstream_inference_prompt_cost":0,'
        '"upstream_inference_completions_cost":0}},'
        '"completion_tokens_details":{{"reasoning_tokens":{},"image_tokens":{}}}}}',
        "input_tokens", "output_tokens", pl.col("input_tokens") + pl.col("output_tokens"),
        "cost_text", "cache_read_tokens", "cost_text", "reasoning_tokens", "output_image_tokens",
    )  # fmt: skip


def _settlements(events: pl.DataFrame) -> pl.DataFrame:
    """What `/generation` says of each call that got an id and told no cost."""
    lost = events.filter(pl.col("generation_id").is_not_null(), ~pl.col("has_usage"))
    return lost.select(
        "generation_id", "billed_model", "session_id",
        total_cost_usd="billed_usd", is_byok=pl.lit(False),
        is_cancelled=pl.col("status") == "cancelled",
        served_model="billed_model", provider_name="billed_provider",
        generated_at=pl.from_epoch("generation_at").dt.replace_time_zone("UTC"),
        observed_at=pl.col("started_at") + pl.duration(minutes=3),
        observed_in=pl.lit("generation"),
    )  # fmt: skip


def _outcomes(events: pl.DataFrame) -> pl.DataFrame:
    drawn = events.filter(stage="line_art").unique("operation_id", keep="last", maintain_order=True)
    decided = pl.col("started_at") + pl.duration(seconds=30)
    return drawn.select(
        "operation_id",
        outcome_id=_uuids(
            drawn["started_at"].to_physical().to_numpy() + 30_000_000,
            drawn["number"].to_numpy() + 2,
        ),
        outcome=pl.when("is_rejected").then(pl.lit("rejected")).otherwise(pl.lit("accepted")),
        reason=pl.when("is_rejected").then(pl.lit("lines are not closed")),
        decided_at=decided,
    )


def _control_totals(events: pl.DataFrame) -> pl.DataFrame:
    """The producer's own sum of each run that came to its end."""
    totals = [
        pl.len().alias("attempt_count"),
        pl.col("reported_cost_usd").null_count().alias("unpriced_count"),
        pl.col("reported_cost_usd").sum().alias("cost_usd"),
    ]
    ended = events.filter((pl.col("status") != "in_doubt").all().over("run_id"))
    stage = pl.format(
        '"{}": {{"attempt_count": {}, "unpriced_count": {}, "cost_usd": "{}"}}',
        "stage", "attempt_count", "unpriced_count", pl.col("cost_usd").cast(pl.String),
    )  # fmt: skip
    stages = (
        ended.group_by("run_id", "stage", maintain_order=True)
        .agg(totals)
        .group_by("run_id", maintain_order=True)
        .agg(stage_totals=pl.format("{{{}}}", stage.str.join(", ")))
    )
    return (
        ended.group_by("run_id", "ebook_id", maintain_order=True)
        .agg(
            *totals,
            started_at=pl.col("started_at").min(),
            finished_at=pl.col("finished_at").max(),
        )
        .join(stages, on="run_id", maintain_order="left")
    )


def _ebooks(events: pl.DataFrame) -> pl.DataFrame:
    books = events.filter(pl.col("ebook_id").is_not_null())
    return books.unique("ebook_id", keep="first", maintain_order=True).select(
        "ebook_id", "page_count",
        title=pl.col("ebook_id").str.replace_all("-", " ").str.to_titlecase(),
        kind=pl.lit("coloring_book"),
        series=_of("book", SERIES),
        list_price_usd=pl.lit("7.99").cast(pl.Decimal(18, 12)),
        royalty_rate=pl.lit("0.6").cast(pl.Decimal(18, 12)),
        recorded_at="started_at",
    )  # fmt: skip


def _provider_activity(events: pl.DataFrame, day: date) -> pl.DataFrame:
    """The provider's own sums of the day: what was billed, whether its reply came or not."""
    billed = events.filter(pl.col("generation_id").is_not_null())
    return billed.group_by(
        "billed_model", "billed_provider", "api_key_hash", maintain_order=True
    ).agg(
        usage_usd=pl.col("billed_usd").sum(),
        request_count=pl.len(),
    ).select(
        "usage_usd", "request_count",
        snapshot_id=pl.lit(f"activity-{day}"), source=pl.lit("activity_api"),
        activity_date=pl.lit(day), model="billed_model", provider_name="billed_provider",
    )  # fmt: skip


def price_rows(of_days: list[date]) -> pl.DataFrame:
    """The listed prices as observed on the first day and on each first of a month."""
    seen = [of_days[0], *(day for day in of_days[1:] if day.day == 1)]
    rows = [
        {
            "model": slug,
            "canonical_slug": permaslug,
            "model_name": slug.partition("/")[2],
            "input_usd_per_token": usd_in,
            "output_usd_per_token": usd_out,
            "pricing_json": "{}",
            "observed_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        }
        for day in seen
        for slug, permaslug, _, usd_in, usd_out in MODELS
    ]
    per_token = pl.col("input_usd_per_token", "output_usd_per_token").cast(
        pl.Decimal(18, 6)
    ) * pl.lit("0.000001").cast(pl.Decimal(18, 6))
    return _typed("model_prices", pl.DataFrame(rows).with_columns(per_token))


def _stage(books: pl.DataFrame, stage: str, pages: pl.Expr, model: pl.Expr) -> pl.DataFrame:
    has_pages = stage in ("line_art", "quality_check")
    number = pl.int_ranges(1, pages + 1)
    return (
        books.with_columns(
            stage=pl.lit(stage),
            stage_order=pl.lit(STAGES.index(stage)),
            model=model,
            page_number=number,
        )
        .explode("page_number")
        .with_columns(page_number=pl.when(has_pages).then("page_number"))
    )


def _repeated(frame: pl.DataFrame, count: str, number: str) -> pl.DataFrame:
    return frame.with_columns(pl.int_ranges(count).alias(number)).explode(number)


def _skewed(chance: np.random.Generator, choices: int, size: int) -> Any:
    weights = 1 / np.arange(1, choices + 1) ** 1.3
    return chance.choice(choices, size, p=weights / weights.sum())


def _ebook_ids(chance: np.random.Generator, day: date, books: int) -> pl.Series:
    """New books each day; one of a hundred is a classic that is worked on for years."""
    kind = chance.random(books)
    classics = _skewed(chance, 20, books)
    return pl.Series(
        [
            None if share < 0.02
            else f"{WORDS[classic % 20]}-almanac" if share < 0.03
            else f"{WORDS[n % 20]}-{WORDS[n // 20 % 20]}-{day:%y%j}-{n}"
            for n, (share, classic) in enumerate(zip(kind, classics, strict=True))
        ],
        dtype=pl.String,
    )  # fmt: skip


def _uuids(micros: Any, numbers: Any) -> pl.Series:
    """UUIDv7 as `ingest.identifiers.new_id` makes them."""
    milliseconds, rest = np.divmod(np.asarray(micros, dtype=np.uint64), np.uint64(1000))
    high = (
        milliseconds << np.uint64(16)
        | np.uint64(0x7000)
        | rest * np.uint64(4096) // np.uint64(1000)
    )
    low = np.uint64(8 << 60) | np.asarray(numbers, dtype=np.uint64)
    digits = np.stack([high, low], 1).astype(">u8").tobytes().hex().encode()
    text = np.frombuffer(digits, np.uint8).reshape(-1, 32)
    dash = np.full((len(high), 1), ord("-"), np.uint8)
    parts = [text[:, a:b] for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))]
    joined = [parts[0]]
    for part in parts[1:]:
        joined += [dash, part]
    return _texts(np.concatenate(joined, axis=1))


def _letters(chance: np.random.Generator, size: int, length: int) -> pl.Series:
    letters = np.frombuffer(
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8
    )
    return _texts(letters[chance.integers(0, 62, (size, length))])


def _texts(letters: Any) -> pl.Series:
    size, length = letters.shape
    text = np.ascontiguousarray(letters).tobytes().decode()
    return pl.Series([text[n * length : (n + 1) * length] for n in range(size)], dtype=pl.String)


def _micros(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def _picos(usd_per_million: float) -> int:
    """USD of a million tokens as units of 1e-12 USD of one token."""
    return round(usd_per_million * 1_000_000)


def _instant(micros: Any, where: Any = None) -> pl.Series:
    instants = pl.Series(micros).cast(pl.Datetime("us", "UTC"))
    return instants if where is None else instants.zip_with(pl.Series(where), _NEVER)


_NEVER = pl.Series([None], dtype=pl.Datetime("us", "UTC"))


def _of(number: str, words: tuple[str, ...]) -> pl.Expr:
    return pl.col(number).mod(len(words)).replace_strict(dict(enumerate(words)))


def _usd_text(picos: pl.Expr) -> pl.Expr:
    places = (picos % 10**12).cast(pl.String).str.zfill(12)
    return pl.format("{}.{}", picos // 10**12, places)


def _evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)


def _typed(table_name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Every column of the table, in its order and type; null where the frame has none."""
    given = {"source": "live", "schema_version": 1} if table_name == "usage_events" else {}
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(given.get(name)))
        .cast(kind).alias(name)
        for name, kind in columns(TABLES[table_name]).items()
    )  # fmt: skip


def _line(table_name: str, names: list[str], frame: pl.DataFrame) -> pl.Expr:
    """The JSON of a row as the recorder writes it: in this order, without what is unknown."""
    first, *others = [_member(name, frame.schema[name]) for name in names]
    members = [pl.lit(f'{{"{table_name}":{{'), first, *(pl.lit(",") + each for each in others)]
    return pl.concat_str(*members, pl.lit("}}"), ignore_nulls=True)


def _member(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.String:
        quoted = column.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
            '"', '\\"', literal=True
        )
        return pl.format('"{}":"{}"', pl.lit(name), quoted)
    if isinstance(kind, pl.Datetime):
        return pl.format('"{}":"{}"', pl.lit(name), column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    if isinstance(kind, pl.Decimal):
        text = column.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
        return pl.format('"{}":"{}"', pl.lit(name), text)
    return pl.format('"{}":{}', pl.lit(name), column.cast(pl.String))


if __name__ == "__main__":
    folder, count = sys.argv[1:]
    write_lake(Home(Path(folder)), int(count))
    *_, last_day = days(int(count))
    land_late(Lake(Home(Path(folder)).lake), last_day, (int(count) - 1) % ATTEMPTS_A_DAY + 1)
