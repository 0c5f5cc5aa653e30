"""What was measured of the dashboard, as goals and tables."""

from collections.abc import Iterator
from typing import Any

SHOWN, CHANGED, BARE, COMPANY, MEMORY, PUBLISH = 1.5, 0.4, 3.0, 2.0, 1.1, 5.0


def _named(page: str) -> str:
    return page or "overview"


def goals(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each goal with the page that is worst at it."""
    alone, crowd, bare = result["ways"]["alone"], result["ways"]["of twenty"], result["bare"]
    held = result["memory"]
    early, late = held[sorted(held)[1]], held[max(held)]
    median = {
        (way, page, name): timed[name]["median"]
        for way, pages in (("alone", alone), ("crowd", crowd), ("bare", bare))
        for page, timed in pages.items()
        for name in timed
    }
    rows = [
        _worst("first figure, cold, s", SHOWN, {p: median["alone", p, "shown"] for p in alone}),
        _worst("after a change, s", CHANGED, {p: median["alone", p, "changed"] for p in alone}),
        _worst(
            "after a change ÷ the bare questions",
            BARE,
            {
                p: median["alone", p, "changed"] / median["bare", p, "changed"]
                for p in alone
                if median["bare", p, "changed"]
            },
        ),
        _worst(
            "first figure, one of twenty ÷ alone",
            COMPANY,
            {p: median["crowd", p, "shown"] / median["alone", p, "shown"] for p in alone},
        ),
        _worst(
            "after a change, one of twenty ÷ alone",
            COMPANY,
            {p: median["crowd", p, "changed"] / median["alone", p, "changed"] for p in alone},
        ),
    ]
    rows.append(
        _goal(f"memory after {max(held):,} views ÷ after a fifth of them", MEMORY, late / early)
    )
    rows.append(
        _goal("a build is shown after it is published, s", PUBLISH, result["publish"]["high"])
    )
    return rows


def _worst(goal: str, at_most: float, by_page: dict[str, float]) -> dict[str, Any]:
    page = max(by_page, key=lambda each: by_page[each])
    return _goal(f"{goal} (worst: {_named(page)})", at_most, by_page[page])


def _goal(goal: str, at_most: float, measured: float) -> dict[str, Any]:
    return {"goal": goal, "at_most": at_most, "measured": measured, "is_met": measured <= at_most}


def tables(result: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Python {result['python']}, {result['cores']} cores, load {result['load']:.1f}; "
        + ", ".join(f"{name} {number}" for name, number in result["versions"].items())
        + f"; {result['attempts']:,} attempts, medians and ranges of {result['rounds']} rounds"
    )
    for way, pages in result["ways"].items():
        yield f"\n### The pages, {way}\n"
        yield "| page | first figure s | whole s | after a change s | its bare questions s |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for page, timed in pages.items():
            cells = " | ".join(_ranged(timed[name]) for name in ("shown", "drawn", "changed"))
            bare = result["bare"][page]["changed"]["median"]
            yield f"| {_named(page)} | {cells} | {bare:.3f} |"
    yield "\n### Memory of the server\n\n| page views | MB |\n| ---: | ---: |"
    for views, held in result["memory"].items():
        yield f"| {int(views):,} | {held:,.0f} |"
    publish = _ranged(result["publish"])
    yield f"\nAnother build is shown {publish} s after it is published, without a reload."
    yield "\n### Goals\n\n| | at most | measured | |\n| --- | ---: | ---: | --- |"
    for row in result["goals"]:
        met = "met" if row["is_met"] else "missed"
        yield f"| {row['goal']} | {row['at_most']:.3g} | {row['measured']:.3g} | {met} |"


def _ranged(timed: dict[str, float]) -> str:
    return f"{timed['median']:.2f} [{timed['low']:.2f}..{timed['high']:.2f}]"
