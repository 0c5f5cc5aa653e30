"""One row of a per-call export becomes one attempt."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.imports.exports import CALL, Desk, csv_text, without


def test_a_call_lands_with_everything_its_row_says(desk: Desk) -> None:
    call = desk.call()
    started_at = datetime(2026, 4, 15, 20, 11, 45, 760_000, tzinfo=UTC)
    expected = {
        "generation_id": CALL["generation_id"],
        "source": "activity_export",
        "status": "succeeded",
        "started_at": started_at,
        "first_byte_at": started_at + timedelta(milliseconds=213),
        "finished_at": started_at + timedelta(milliseconds=2902),
        "reported_cost_usd": Decimal("0.000364"),
        "upstream_cost_usd": None,
        "is_byok": False,
        "requested_model": None,
        "served_model": "openai/gpt-oss-20b",
        "provider_name": "Google",
        "is_streamed": True,
        "finish_reason": "stop",
        "input_tokens": 1621,
        "output_tokens": 1005,
        "reasoning_tokens": 793,
        "cache_read_tokens": 67,
        "ebook_id": None,
    }
    assert {name: call[name] for name in expected} == expected


def test_the_names_that_openrouter_gives_become_labels(desk: Desk) -> None:
    labels = json.loads(desk.call(user="café")["labels"])
    assert labels == {"app_name": "Colouring studio", "api_key_name": "press", "user": "café"}


def test_the_cells_that_measure_are_kept_as_they_were_written(desk: Desk) -> None:
    usage = json.loads(desk.call(cost_cache="-0.002168", cost_total="3.64e-4")["usage_json"])
    assert usage["cost_cache"] == "-0.002168"
    assert usage["cost_total"] == "3.64e-4"
    assert "app_name" not in usage


def test_a_column_that_the_export_lacks_is_unknown_and_not_zero(desk: Desk) -> None:
    bare = {name: CALL[name] for name in ("created_at", "cost_total", "model_permaslug")}
    desk.import_text(csv_text(bare))
    (call,) = desk.rows("usage_events")
    for name in ("generation_id", "input_tokens", "is_byok", "is_streamed", "labels"):
        assert call[name] is None, name
    assert call["reported_cost_usd"] == Decimal("0.000364")


def test_a_call_without_a_cost_has_an_unknown_cost(desk: Desk) -> None:
    assert desk.call(cost_total="")["reported_cost_usd"] is None


def test_a_free_call_costs_zero_which_is_known(desk: Desk) -> None:
    assert desk.call(cost_total="0")["reported_cost_usd"] == 0


def test_a_call_under_an_own_key_has_its_upstream_cost_apart(desk: Desk) -> None:
    call = desk.call(cost_total="0.001", byok_usage_inference="0.02")
    assert call["is_byok"] is True
    assert call["reported_cost_usd"] == Decimal("0.001")
    assert call["upstream_cost_usd"] == Decimal("0.02")


def test_a_cancelled_call_keeps_what_it_cost(desk: Desk) -> None:
    call = desk.call(cancelled="true", cost_total="0.019027", finish_reason_normalized="")
    assert call["status"] == "cancelled"
    assert call["reported_cost_usd"] == Decimal("0.019027")


def test_a_call_that_ended_in_an_error_failed(desk: Desk) -> None:
    assert desk.call(finish_reason_normalized="error")["status"] == "failed"


def test_the_raw_finish_reason_stands_in_for_the_normalised_one(desk: Desk) -> None:
    assert desk.call(finish_reason_normalized="")["finish_reason"] == "STOP"


@pytest.mark.parametrize(
    ("model", "variant", "served"),
    [
        ("google/gemma-3-27b-it", "free", "google/gemma-3-27b-it:free"),
        ("google/gemma-3-27b-it:free", "free", "google/gemma-3-27b-it:free"),
        ("google/gemma-3-27b-it", "standard", "google/gemma-3-27b-it"),
        ("google/gemma-3-27b-it", "", "google/gemma-3-27b-it"),
    ],
)
def test_a_variant_is_a_part_of_the_model(
    desk: Desk, model: str, variant: str, served: str
) -> None:
    assert desk.call(model_permaslug=model, variant=variant)["served_model"] == served


def test_a_duration_that_makes_no_sense_is_no_reason_to_lose_a_paid_call(desk: Desk) -> None:
    call = desk.call(time_to_first_token_ms="-12", generation_time_ms="soon")
    assert (call["first_byte_at"], call["finished_at"]) == (None, None)
    assert call["reported_cost_usd"] == Decimal("0.000364")


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-15 20:11:45.760",
        "2026-04-15T20:11:45.760Z",
        "2026-04-15 22:11:45.76+02:00",
        "2026-04-15 20:11:45.760 UTC",
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(desk: Desk, written: str) -> None:
    started_at = desk.call(created_at=written)["started_at"]
    assert started_at == datetime(2026, 4, 15, 20, 11, 45, 760_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("cost_total", "-0.5", "cost_total: '-0.5' is negative"),
        ("cost_total", "cheap", "cost_total: 'cheap' is not an amount in USD"),
        ("cost_total", "1,234", "cost_total: '1,234' can be read in two ways"),
        ("cost_total", "0,001953", "cost_total: '0,001953' is not an amount in USD"),
        ("cost_total", "1e9", "cost_total: '1e9' is not below 1,000,000 USD"),
        ("cost_total", "Infinity", "cost_total: 'Infinity' is not an amount in USD"),
        ("created_at", "", "a time is needed, and the cell is empty"),
        ("created_at", "15/04/2026", "created_at: '15/04/2026' is not a time such as"),
        ("created_at", "0001-01-01T00:00+14:00", "is not between 2000 and 2100"),
        ("model_permaslug", " ", "a model is needed, and the cell is empty"),
        ("tokens_prompt", "-1", "tokens_prompt: '-1' is not a whole number"),
        ("tokens_prompt", "9" * 30, "is not a whole number that can be counted"),
        ("cancelled", "perhaps", "cancelled: 'perhaps' is neither true nor false"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_with_its_reason(
    desk: Desk, column: str, cell: str, reason: str
) -> None:
    good = {**CALL, "generation_id": "gen-good"}
    (given,) = desk.reasons([{**CALL, column: cell}, good])
    assert reason in given
    assert [call["generation_id"] for call in desk.rows("usage_events")] == ["gen-good"]


def test_a_row_set_aside_is_kept_whole_and_can_be_found_again(desk: Desk) -> None:
    rows = [CALL, {**CALL, "generation_id": "gen-bad", "cost_total": "cheap"}]
    result = desk.import_text(csv_text(*rows), "march.csv")
    (kept,) = desk.rows("quarantine")
    assert kept["payload"] == csv_text(*rows).splitlines()[2]
    assert (kept["table_name"], kept["origin"], kept["line_number"]) == (
        "usage_events",
        "march.csv",
        3,
    )
    assert result.files[0].quarantined_count == 1
    assert "line 3: cost_total: 'cheap'" in result.warnings[0]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("$1.23", "1.23"),
        ("1,234.56", "1234.56"),
        ("$1,234,567", None),
        ("1.2e-7", "0.00000012"),
        (".5", "0.5"),
        ("-0", "0"),
        ("0.0000000000005", "0"),
        ("0.0000000000015", "0.000000000002"),
    ],
)
def test_money_is_exactly_what_is_written(desk: Desk, written: str, amount: str | None) -> None:
    desk.import_text(csv_text({**CALL, "cost_total": written}))
    costs = [call["reported_cost_usd"] for call in desk.rows("usage_events")]
    assert costs == ([] if amount is None else [Decimal(amount)])


def test_two_rows_for_one_generation_that_disagree_are_not_chosen_between(desk: Desk) -> None:
    (reason,) = desk.reasons([CALL, {**CALL, "cost_total": "1"}])
    assert reason == f"{CALL['generation_id']} is in this file before, said otherwise"
    (call,) = desk.rows("usage_events")
    assert call["reported_cost_usd"] == Decimal("0.000364")


def test_numbers_of_rows_in_an_id_column_are_not_taken_for_generations(desk: Desk) -> None:
    numbered = {"id": "1", **without(CALL, "generation_id")}
    desk.import_text(csv_text(numbered), "march.csv")
    desk.import_text(csv_text({**numbered, "created_at": "2026-04-16 09:00:00"}), "april.csv")
    calls = desk.rows("usage_events")
    assert [call["generation_id"] for call in calls] == [None, None]
    assert len({call["event_id"] for call in calls}) == 2


def test_equal_calls_without_a_generation_id_are_as_many_as_they_are(desk: Desk) -> None:
    anonymous = without(CALL, "generation_id")
    desk.import_text(csv_text(anonymous, anonymous, {**anonymous, "tokens_prompt": "1"}))
    calls = desk.rows("usage_events")
    assert len({call["event_id"] for call in calls}) == len(calls) == 3
    assert len({call["operation_id"] for call in calls}) == 3
