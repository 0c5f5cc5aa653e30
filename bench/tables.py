"""What was measured, as ratios, goals and tables."""

import statistics
from collections.abc import Iterator
from typing import Any

Measured = dict[str, dict[str, list[dict[str, float]]]]
"""Mode → client → one measurement a round."""
MODES = ("sequential", "sequential streamed", "64 in flight", "64 in flight streamed")
RATIO_GOALS = (
    ("sequential", "inkledger over httpx", "httpx", 1.10),
    ("sequential", "inkledger over httpx2", "httpx2", 1.10),
    ("sequential streamed", "inkledger over httpx", "httpx", 1.10),
    ("sequential streamed", "inkledger over httpx2", "httpx2", 1.10),
    ("64 in flight", "inkledger over httpx", "httpx", 1.10),
    ("64 in flight", "inkledger over httpx2", "httpx2", 1.10),
    ("64 in flight streamed", "inkledger over httpx", "httpx", 1.10),
    ("64 in flight streamed", "inkledger over httpx2", "httpx2", 1.10),
    ("64 in flight", "inkledger client", "httpx", 0.20),
    ("64 in flight", "inkledger client", "litellm", 0.30),
    ("64 in flight streamed", "inkledger client", "openai", 0.25),
    ("64 in flight streamed", "inkledger client", "litellm", 0.10),
)


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def summary(measured: Measured) -> dict[str, Any]:
    """Mode → client → CPU µs a call, and its ratio to bare httpx of the same round."""
    table: dict[str, Any] = {}
    for mode, clients in measured.items():
        bare = [each["cpu_us"] for each in clients["httpx"]]
        table[mode] = {
            name: {
                "cpu_us": spread([each["cpu_us"] for each in rounds]),
                "ratio": spread(_ratios(rounds, bare)),
                "import_seconds": statistics.median(each["import_seconds"] for each in rounds),
                "end_mb": statistics.median(each["end_mb"] for each in rounds),
            }
            for name, rounds in clients.items()
        }
    return table


def _ratios(rounds: list[dict[str, float]], bare: list[float]) -> list[float]:
    return [each["cpu_us"] / one for each, one in zip(rounds, bare, strict=True)]


def tables(result: dict[str, Any]) -> Iterator[str]:
    yield f"Python {result['python']}, {result['cores']} cores; " + ", ".join(
        f"{name} {number}" for name, number in result["versions"].items()
    )
    for mode, clients in result["clients"].items():
        yield f"\n### {mode.capitalize()}\n\n| client | CPU µs a call | × httpx | import s | MB |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for name, row in sorted(clients.items(), key=lambda item: item[1]["cpu_us"]["median"]):
            cpu, ratio = row["cpu_us"], row["ratio"]
            yield (
                f"| {name} | {cpu['median']:,.0f} [{cpu['low']:,.0f}..{cpu['high']:,.0f}] "
                f"| {ratio['median']:.2f} [{ratio['low']:.2f}..{ratio['high']:.2f}] "
                f"| {row['import_seconds']:.2f} | {row['end_mb']:.0f} |"
            )
    if result["hung"]:
        hung = ", ".join(f"{name} {count} ×" for name, count in result["hung"].items())
        yield f"\nHung, and was begun again: {hung}."
    yield "\n### Goals\n\n| | at most | measured | |\n| --- | ---: | ---: | --- |"
    for row in result["goals"]:
        yield (
            f"| {row['goal']} | {row['at_most']:.3g} | {row['median']:.3g} "
            f"[{row['low']:.3g}..{row['high']:.3g}] | {'met' if row['is_met'] else 'missed'} |"
        )
    alone = result["alone"]
    recording, one_span = alone["recording"], alone["OpenTelemetry span"]
    yield "\n### Recording alone\n\n| what | measured |\n| --- | ---: |"
    yield f"| one event (a line of the spool) | {recording['event_us']:.1f} µs |"
    yield (
        f"| one attempt (three events) | {recording['attempt_us']:.1f} µs "
        f"[{recording['low']:.1f}..{recording['high']:.1f}] |"
    )
    yield (
        f"| one OpenTelemetry span | {one_span['span_us']:.1f} µs "
        f"[{one_span['low']:.1f}..{one_span['high']:.1f}] |"
    )
    seconds = alone["import"]["seconds"]
    yield f"| `from ingest import OpenRouter, Recorder, attribute` | {seconds:.3f} s |"
    yield f"| resident after a thousand calls | {alone['memory']['after_1000_mb']:.0f} MB |"
    yield (
        f"| resident after {alone['memory']['attempts']:,} calls "
        f"| {alone['memory']['end_mb']:.0f} MB |"
    )
    yield "\n### Spool\n\n| writer | µs an event |\n| --- | ---: |"
    for name, row in alone["spool"].items():
        yield f"| {name} | {row['wall_us']:.1f} [{row['low']:.1f}..{row['high']:.1f}] |"


def goals(alone: dict[str, Any], measured: Measured) -> list[dict[str, Any]]:
    """Each goal with what was measured: ratios of CPU within a round, then absolutes."""
    rows = [
        _row(f"{mode}: {client} ÷ {peer}", goal, spread(_cpu_ratios(measured[mode], client, peer)))
        for mode, client, peer, goal in RATIO_GOALS
    ]
    recording, memory = alone["recording"], alone["memory"]
    line = {name: recording[name] / 3 for name in ("low", "high")}
    line["median"] = recording["event_us"]
    span_us = alone["OpenTelemetry span"]["span_us"]
    span = {name: value / span_us for name, value in line.items()}
    grown = memory["end_mb"] / memory["after_1000_mb"]
    return [
        *rows,
        _row("recording alone, µs an event", 10, line),
        _row("recording alone, an event ÷ an OpenTelemetry span", 1 / 15, span),
        _row("import, s", 0.25, _flat(alone["import"]["seconds"])),
        _row("resident after a thousand calls, MB", 50, _flat(memory["after_1000_mb"])),
        _row(f"resident after {memory['attempts']:,} calls ÷ after 1,000", 1.10, _flat(grown)),
    ]


def _cpu_ratios(clients: dict[str, list[dict[str, float]]], client: str, peer: str) -> list[float]:
    return _ratios(clients[client], [each["cpu_us"] for each in clients[peer]])


def _row(name: str, goal: float, measured: dict[str, float]) -> dict[str, Any]:
    return {"goal": name, "at_most": goal, **measured, "is_met": measured["median"] <= goal}


def _flat(value: float) -> dict[str, float]:
    return {"median": value, "low": value, "high": value}
