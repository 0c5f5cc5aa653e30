"""What bench/warehouse.py measured, as goals and tables."""

from collections.abc import Iterator
from typing import Any

Spread = dict[str, float]


def goals(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each goal of which something was measured, with it."""
    one = result["landing"]["one line an attempt"]["ratio"]
    three = result["landing"]["three lines an attempt"]["ratio"]
    rows = [
        _goal("landing ÷ pydantic row by row, one line an attempt", 0.2, one["pydantic"]),
        _goal("landing ÷ pydantic row by row, three lines an attempt", 0.2, three["pydantic"]),
        _goal("landing ÷ dlt from JSONL", 1 / 8, one["dlt"]),
        _goal("bytes an attempt, merged, usage_json apart", 65, _flat(result["bytes"]["merged"])),
    ]
    building = result["building"]
    if not building["sizes"]:
        return rows
    start, sizes = building["start"]["median"], building["sizes"]
    *shorter, longest = (sizes[size]["measured"] for size in sorted(sizes))
    name = f"{max(sizes):,}"
    dedup = longest["deduplicated"]["median"] / longest["copied"]["median"]
    rows += [
        _goal(f"one row per key ÷ plain copy, {name}", 1.25, _flat(dedup)),
        _goal(
            f"full build less dbt's start ÷ bare statement, {name}", 4,
            _less(longest["full build"], start, longest["one_per_key"]["median"]),
        ),
        _goal(
            f"build after a day ÷ full build, less dbt's start, {name}", 0.1,
            _less(longest["build after a day"], start, longest["full build"]["median"] - start),
        ),
    ]  # fmt: skip
    if shorter:
        before = sorted(sizes)[-2]
        rows.append(
            _goal(
                f"build after a day, less dbt's start, {name} ÷ {before:,}", 1.2,
                _less(
                    longest["build after a day"], start,
                    shorter[-1]["build after a day"]["median"] - start,
                ),
            )
        )  # fmt: skip
    peak = max(row["peak_mb"] for row in longest.values()) / 1024
    return [*rows, _goal(f"peak memory, GB, {name}", 4, _flat(peak))]


def tables(result: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Python {result['python']}, {result['cores']} cores, load {result['load']:.1f}; "
        + ", ".join(f"{name} {number}" for name, number in result["versions"].items())
        + f"; medians and ranges of {result['rounds']} rounds"
    )
    for name, landing in result["landing"].items():
        yield (
            f"\n### Landing, {name} ({landing['line_count']:,} lines of"
            f" {landing['line_bytes']:,.0f} bytes)\n\n"
            "| way | s | lines a second | ours ÷ it | CPU s | CPU, ours ÷ it | MB |\n"
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        )
        for way, row in sorted(landing["ways"].items(), key=lambda item: item[1]["median"]):
            ratio, cpu_ratio = (landing[each].get(way) for each in ("ratio", "cpu ratio"))
            yield (
                f"| {way} | {_range(row)} | {landing['line_count'] / row['median']:,.0f} "
                f"| {_range(ratio) if ratio else '1'} | {row['cpu']:.3g} "
                f"| {_range(cpu_ratio) if cpu_ratio else '1'} | {row['peak_mb']:,.0f} |"
            )
    yield "\n### Bytes an attempt\n\n| | usage_json apart | usage_json |\n| --- | ---: | ---: |"
    for name in ("landed", "merged"):
        sizes = result["bytes"]
        yield f"| {name} | {sizes[name]:.1f} | {sizes[f'{name}, usage_json']:.1f} |"
    building = result["building"]
    yield (
        f"\n### Building\n\nSeconds; dbt's own start is {_range(building['start'])}, and taken"
        " off the builds.\n\n| attempts | what | s | MB |\n| ---: | --- | ---: | ---: |"
    )
    for size, table in sorted(building["sizes"].items(), key=lambda item: int(item[0])):
        for what, row in table["measured"].items():
            less = building["start"]["median"] if "build" in what else 0
            yield f"| {int(size):,} | {what} | {_range(row, less)} | {row['peak_mb']:,.0f} |"
    yield "\n### Goals\n\n| | at most | measured | |\n| --- | ---: | ---: | --- |"
    for row in result["goals"]:
        is_met = "met" if row["is_met"] else "missed"
        yield f"| {row['goal']} | {row['at_most']:.3g} | {_range(row)} | {is_met} |"


def _goal(name: str, at_most: float, measured: Spread) -> dict[str, Any]:
    return {"goal": name, "at_most": at_most, **measured, "is_met": measured["median"] <= at_most}


def _less(row: Spread, start: float, whole: float) -> Spread:
    return {name: (row[name] - start) / whole for name in ("median", "low", "high")}


def _flat(value: float) -> Spread:
    return {"median": value, "low": value, "high": value}


def _range(row: Spread, less: float = 0) -> str:
    median, low, high = (row[name] - less for name in ("median", "low", "high"))
    return f"{median:.3g}" if low == high else f"{median:.3g} [{low:.3g}..{high:.3g}]"
