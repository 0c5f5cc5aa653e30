"""A call that died before its headers is found at OpenRouter, and matched to what it was for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.clock import utc_now
from ingest.errors import OpenRouterError, RequestRefused
from ingest.lake import Lake
from ingest.pull.analytics import ROW_LIMIT
from ingest.pull.lost import LostCall, lost_calls, windows
from ingest.pull.match import match
from ingest.pull.settlements import pull_settlements
from ingest.recording.recorder import Recorder
from ingest.recording.runs import production_run
from ingest.records import Settlement
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from tests.pull.providers import HASTY, attempt, client_of, json_answer, land_attempts, scripted

MANAGEMENT_KEY = "sk-or-v1-management"
NOW = utc_now()
PAYLOAD = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "a fox"}]}


@contextmanager
def impatient(recorder: Recorder, simulator: RunningSimulator) -> Iterator[httpx.Client]:
    """A client that gives up before any header comes."""
    headers = {"Authorization": "Bearer sk-or-v1-test", "X-Simulate-Fault": "silent_stall*9"}
    with httpx.Client(
        base_url=simulator.base_url,
        transport=recorder.transport(),
        headers=headers,
        timeout=0.3,
    ) as http:
        yield http


def lose_a_call(http: httpx.Client, **more: object) -> None:
    with pytest.raises(httpx.ReadTimeout):
        http.post("/chat/completions", json={**PAYLOAD, **more})


def pulled(simulator: RunningSimulator, lake: Lake) -> Any:
    with client_of(simulator) as client, client_of(simulator, MANAGEMENT_KEY) as management:
        return pull_settlements(lake, client, management=management, patience=HASTY)


def test_calls_that_died_without_an_id_are_found_and_cost_what_the_bill_says(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    before = {row["id"] for row in simulator.bill()["generations"]}
    with (
        Recorder(tmp_path, base_url=simulator.base_url) as recorder,
        impatient(recorder, simulator) as http,
    ):
        with production_run(ebook_id="forest"):
            lose_a_call(http)
            lose_a_call(http, model="anthropic/claude-sonnet-4.6")
        lose_a_call(http)
    home = Home(tmp_path)
    seal(home)
    lake = Lake(home.lake)
    result = pulled(simulator, lake)
    assert (result.found_count, result.lost_count) == (3, 0)
    bill = {row["id"]: row for row in simulator.bill()["generations"] if row["id"] not in before}
    events = {row["event_id"]: row for row in lake.scan("usage_events").collect().to_dicts()}
    found = lake.scan("settlements").collect().to_dicts()
    assert {row["generation_id"] for row in found} == bill.keys()
    for row in found:
        billed = bill[row["generation_id"]]
        assert row["total_cost_usd"] == Decimal(billed["cost_usd"])
        assert events[row["event_id"]]["requested_model"] == billed["requested_model"]
    assert pulled(simulator, lake).landed_count == 0


def test_without_a_management_key_they_are_counted(simulator: RunningSimulator, lake: Lake) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with client_of(simulator) as client:
        result = pull_settlements(lake, client)
    assert (result.found_count, result.lost_count) == (0, 1)


def test_an_ordinary_key_is_no_management_key(simulator: RunningSimulator, lake: Lake) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with client_of(simulator) as client, pytest.raises(RequestRefused, match="MANAGEMENT_KEY"):
        pull_settlements(lake, client, management=client, patience=HASTY)


def test_what_was_refused_never_sent_or_is_over_is_not_lost(lake: Lake) -> None:
    long_ago = NOW - timedelta(days=32)
    over = attempt(None, event_id="over", status="in_doubt")
    land_attempts(
        lake,
        attempt(None, event_id="refused", status="failed", http_status=429),
        attempt(None, event_id="never-sent", status="failed", error_type="ConnectError"),
        attempt(None, event_id="old", status="in_doubt", started_at=long_ago),
        attempt(None, event_id="exported", status="succeeded", source="activity_export"),
        attempt("gen-1", event_id="known", status="in_doubt"),
        over,
        over.model_copy(update={"status": "succeeded"}),
        attempt(None, event_id="edge", status="failed", http_status=524),
        attempt(None, event_id="killed", status="in_doubt"),
    )
    assert {call.event_id for call in lost_calls(lake, utc_now())} == {"edge", "killed"}


def call(name: str, seconds: float = 0.0, **changes: Any) -> LostCall:
    fields = {"operation_id": name, "session_id": "run", "requested_model": "a/b-c"}
    return LostCall(
        event_id=name, started_at=NOW + timedelta(seconds=seconds), **{**fields, **changes}
    )


def generation(name: str, seconds: float, **changes: Any) -> Settlement:
    fields: dict[str, Any] = {"session_id": "run", "served_model": "a/c-b-20260217"}
    return Settlement(
        generation_id=name,
        total_cost_usd=Decimal(1),
        generated_at=NOW + timedelta(seconds=seconds),
        observed_at=NOW,
        **{**fields, **changes},
    )


def test_each_generation_is_the_nearest_call_of_its_session_and_model() -> None:
    calls = [call("first"), call("second", 60), call("other-model", 60, requested_model="a/z")]
    told = [generation("gen-2", 60.2), generation("gen-1", 0.1)]
    assert match(calls, told) == {"gen-1": "first", "gen-2": "second"}


def test_equal_calls_of_one_instant_are_matched_one_to_one() -> None:
    calls = [call(name) for name in "abc"]
    told = [generation(f"gen-{number}", 0.1) for number in range(4)]
    matches = match(calls, told)
    assert len(matches) == 3
    assert set(matches.values()) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": "another"},
        {"session_id": None},
        {"served_model": "a/d"},
        {"seconds": -601.0},
        {"seconds": 3601.0},
        {"generated_at": None},
    ],
)
def test_what_differs_in_session_model_or_time_is_no_match(changes: dict[str, Any]) -> None:
    told = generation("gen-1", changes.pop("seconds", 0.1)).model_copy(update=changes)
    assert match([call("lost")], [told]) == {}


def test_runs_of_one_model_at_one_time_keep_their_own_generations() -> None:
    calls = [
        call("a1", 0),
        call("b1", 0, session_id="b"),
        call("a2", 9),
        call("b2", 9, session_id="b"),
    ]
    told = [
        generation("gen-b2", 9.1, session_id="b"), generation("gen-a1", 0.2),
        generation("gen-b1", 0.1, session_id="b"), generation("gen-a2", 9.2),
        generation("gen-c", 0.1, session_id="c"),
    ]  # fmt: skip
    assert match(calls, told) == {"gen-a1": "a1", "gen-a2": "a2", "gen-b1": "b1", "gen-b2": "b2"}


@pytest.mark.parametrize("minutes", [-5, 5])
def test_clocks_that_differ_by_minutes_change_no_match_where_all_were_billed(minutes: int) -> None:
    calls = [call("first"), call("second", 60), call("third", 120)]
    told = [generation(f"gen-{n}", 60.0 * (n + minutes)) for n in range(3)]
    assert match(calls, told) == {"gen-0": "first", "gen-1": "second", "gen-2": "third"}


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_difference_that_other_calls_tell_finds_the_one_that_was_billed(minutes: int) -> None:
    shift: dict[str, Any] = {"clock_difference": timedelta(minutes=minutes, seconds=0.4)}
    calls = [call("first", **shift), call("second", 60, **shift), call("third", 120, **shift)]
    assert match(calls, [generation("gen-1", 60.0 * (1 + minutes))]) == {"gen-1": "second"}


def test_the_ids_of_known_calls_tell_how_far_the_clocks_are_apart(lake: Lake) -> None:
    told_at = NOW + timedelta(minutes=4)
    known = [
        attempt(
            f"gen-{told_at.timestamp():.0f}-abc{n}",
            event_id=f"known-{n}",
            session_id=session,
            started_at=NOW,
        )
        for n, session in enumerate(["run", "run", "other"])
    ]
    lost = attempt(None, event_id="lost", session_id="run", status="in_doubt", started_at=NOW)
    alone = lost.model_copy(update={"event_id": "alone", "session_id": "alone"})
    land_attempts(lake, *known, lost, alone)
    differences = {call.event_id: call.clock_difference for call in lost_calls(lake, utc_now())}
    assert differences["alone"] == timedelta()
    assert abs(differences["lost"] - timedelta(minutes=4)) < timedelta(seconds=1)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_provider_whose_clock_is_minutes_off_is_understood(tmp_path: Path, minutes: int) -> None:
    instant, off = (0.0, 0.0), timedelta(minutes=minutes)
    with (
        running_simulator(
            clock=lambda: utc_now() + off,
            settlement_delay_seconds=instant,
            interrupted_delay_seconds=instant,
        ) as simulator,
        Recorder(tmp_path, base_url=simulator.base_url) as recorder,
        impatient(recorder, simulator) as http,
    ):
        for ebook_id in ("forest", "ocean"):
            with production_run(ebook_id=ebook_id):
                lose_a_call(http)
                lose_a_call(http, model="anthropic/claude-sonnet-4.6")
                lose_a_call(http)
        recorder.close()
        seal(Home(tmp_path))
        lake = Lake(Home(tmp_path).lake)
        assert pulled(simulator, lake).found_count == 6
        billed = [row["id"] for row in simulator.bill()["generations"]]
    found = {row["event_id"]: row["generation_id"] for row in rows_of(lake, "settlements")}
    events = sorted(rows_of(lake, "usage_events"), key=lambda row: row["started_at"])
    assert [found[row["event_id"]] for row in events] == billed


@pytest.mark.parametrize("requested", [None, "openrouter/auto", "@preset/mine", "a/b-c:free"])
def test_a_model_that_openrouter_chose_may_be_any(requested: str | None) -> None:
    assert match([call("lost", requested_model=requested)], [generation("gen-1", 1)])


def test_a_session_of_its_own_is_the_call_whatever_model_served() -> None:
    alone = call("lost", session_id="lost")
    told = generation("gen-1", 1, session_id="lost", served_model="z/z")
    assert match([alone], [told]) == {"gen-1": "lost"}


def test_spans_of_time_that_touch_are_asked_for_once() -> None:
    spans = list(windows([call("a"), call("b", 1800), call("c", 90_000)]))
    assert [round((end - begin).total_seconds()) for begin, end in spans] == [6000, 4200]


def rows_of(lake: Lake, table_name: str) -> list[dict[str, Any]]:
    return lake.scan(table_name).collect().to_dicts()


def test_a_generation_that_was_found_before_its_call_had_landed_is_matched_then(
    simulator: RunningSimulator, lake: Lake
) -> None:
    now = utc_now()
    early = attempt(None, event_id="early", session_id="run", status="in_doubt", started_at=now)
    late = early.model_copy(update={"event_id": "late", "session_id": "s"})
    theirs = {"id": "gen-1", "total_cost": 0.5, "session_id": "s", "created_at": now.isoformat()}
    row = {"generation_id": "gen-1", "total_usage": "0.5", "request_count": "1"}
    answer = json_answer({"data": {"data": [row], "metadata": {"truncated": False}}})
    with (
        scripted(lambda _: answer) as management,
        scripted(lambda _: json_answer({"data": theirs})) as client,
    ):
        for call_landed, found_count in ((early, 0), (late, 1), (None, 0)):
            land_attempts(lake, *([call_landed] if call_landed else []))
            result = pull_settlements(lake, client, management=management, patience=HASTY)
            assert result.found_count == found_count
    assert [row["event_id"] for row in rows_of(lake, "settlements")] == [None, "late"]


def test_what_a_running_program_knows_is_not_taken_for_a_lost_call(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    with (
        Recorder(tmp_path, base_url=simulator.base_url) as recorder,
        impatient(recorder, simulator) as http,
        production_run(ebook_id="forest") as run,
    ):
        del http.headers["X-Simulate-Fault"]
        http.timeout = httpx.Timeout(10)
        assert http.post("/chat/completions", json=PAYLOAD).status_code == 200
        lost = attempt(None, session_id=run.run_id, requested_model=PAYLOAD["model"])
        land_attempts(Lake(home.lake), lost)
        with client_of(simulator) as client, client_of(simulator, MANAGEMENT_KEY) as management:
            result = pull_settlements(
                Lake(home.lake), client, management=management, spool=home.spool, patience=HASTY
            )
    assert (result.found_count, result.lost_count) == (0, 1)


def test_what_only_analytics_know_is_asked_for_again_and_lands_once(
    simulator: RunningSimulator, lake: Lake
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["id"])
        return json_answer({"error": {"code": 403}}, 403)

    land_attempts(lake, attempt(None, status="in_doubt", session_id="s"))
    row = {"generation_id": "gen-1", "total_usage": "0.5", "external_user": "s"}
    answered = json_answer({"data": {"data": [row]}})
    with scripted(lambda _: answered) as management, scripted(answer) as client:
        for _ in range(2):
            pull_settlements(lake, client, management=management, patience=HASTY)
    assert asked == ["gen-1", "gen-1"]
    (settled,) = rows_of(lake, "settlements")
    assert (settled["total_cost_usd"], settled["observed_in"]) == (Decimal("0.5"), "analytics")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_busy_analytics_are_asked_again(
    simulator: RunningSimulator, lake: Lake, status: int
) -> None:
    busy = json_answer({}, status, **{"Retry-After": "0"})
    answers = iter([busy, busy, json_answer({"data": {"data": []}})])
    land_attempts(lake, attempt(None, status="in_doubt"))
    with scripted(lambda _: next(answers)) as management, client_of(simulator) as client:
        result = pull_settlements(lake, client, management=management, patience=HASTY)
    assert (result.lost_count, next(answers, None)) == (1, None)


def test_a_full_answer_is_asked_for_in_halves_even_if_it_does_not_say_that_it_was_cut(
    simulator: RunningSimulator, lake: Lake
) -> None:
    spans = []

    def answer(request: httpx.Request) -> httpx.Response:
        spans.append(request)
        count = ROW_LIMIT if len(spans) == 1 else 1
        rows = [{"generation_id": f"gen-{len(spans)}-{n}"} for n in range(count)]
        return json_answer({"data": {"data": rows, "metadata": {"row_count": str(count)}}})

    land_attempts(lake, attempt(None, status="in_doubt", session_id="s"))
    with (
        scripted(answer) as management,
        scripted(lambda _: json_answer({}, 403)) as client,
    ):
        pull_settlements(lake, client, management=management, patience=HASTY)
    assert {row["generation_id"] for row in rows_of(lake, "settlements")} == {"gen-2-0", "gen-3-0"}


def test_an_instant_that_is_cut_whatever_is_asked_does_not_stop_the_rest(
    simulator: RunningSimulator, lake: Lake
) -> None:
    moment = utc_now() - timedelta(seconds=5)

    def answer(request: httpx.Request) -> httpx.Response:
        span = json_body(request)["time_range"]
        begin, end = (datetime.fromisoformat(span[name]) for name in ("start", "end"))
        rows = [{"generation_id": "gen-busy"}] if begin <= moment < end else []
        return json_answer({"data": {"data": rows, "metadata": {"truncated": bool(rows)}}})

    land_attempts(lake, attempt(None, status="in_doubt"))
    with (
        scripted(answer) as management,
        scripted(lambda _: json_answer({}, 403)) as client,
    ):
        pull_settlements(lake, client, management=management, patience=HASTY)
    assert [row["generation_id"] for row in rows_of(lake, "settlements")] == ["gen-busy"]


def test_an_answer_that_was_cut_is_asked_for_in_halves(
    simulator: RunningSimulator, lake: Lake
) -> None:
    spans: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json_body(request)
        spans.append((body["time_range"]["start"], body["time_range"]["end"]))
        rows = [{"generation_id": f"gen-{len(spans)}", "total_usage": "0.5"}]
        is_cut = len(spans) == 1
        return json_answer({"data": {"data": rows, "metadata": {"truncated": is_cut}}})

    land_attempts(lake, attempt(None, status="in_doubt", session_id="s"))
    with scripted(answer) as management, client_of(simulator) as client:
        pull_settlements(lake, client, management=management, patience=HASTY)
    (whole, first, second) = spans
    assert (whole[0], whole[1]) == (first[0], second[1])
    assert first[1] == second[0]
    rows = lake.scan("settlements").collect().to_dicts()
    assert {(row["generation_id"], row["observed_in"]) for row in rows} == {
        ("gen-2", "analytics"),
        ("gen-3", "analytics"),
    }


def test_analytics_that_answer_something_else_are_one_sentence(
    simulator: RunningSimulator, lake: Lake
) -> None:
    land_attempts(lake, attempt(None, status="in_doubt"))
    with (
        scripted(lambda _: json_answer({"data": [1]})) as management,
        client_of(simulator) as client,
        pytest.raises(OpenRouterError, match="analytics"),
    ):
        pull_settlements(lake, client, management=management, patience=HASTY)


def json_body(request: httpx.Request) -> Any:
    return json.loads(request.content)
