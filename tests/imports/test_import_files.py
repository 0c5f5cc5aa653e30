"""What a file is, whatever it is called, packed in or written by."""

import gzip
from decimal import Decimal

import pytest

from ingest.errors import UnreadableFile, UsageError
from ingest.imports.columns import recognise
from tests.imports.exports import CALL, DAY, Desk, csv_text, without

TEXT = csv_text(CALL, {**CALL, "generation_id": "gen-2", "app_name": 'a "b", c\nd'})


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.replace("\r\n", "\n"),
        TEXT.rstrip(),
        "\ufeff" + TEXT,
        TEXT.encode("utf-16"),
        gzip.compress(TEXT.encode()),
        csv_text(CALL, {**CALL, "generation_id": "gen-2"}, delimiter=";"),
        csv_text(CALL, {**CALL, "generation_id": "gen-2"}, delimiter="\t"),
        "sep=;\r\n" + csv_text(CALL, {**CALL, "generation_id": "gen-2"}, delimiter=";"),
        "\r\n" + TEXT + "\r\n\r\n",
    ],
    ids=[
        "crlf",
        "lf",
        "no last line end",
        "bom",
        "utf-16",
        "gzip",
        ";",
        "tab",
        "sep",
        "blank lines",
    ],
)
def test_the_same_calls_are_read_however_their_file_is_written(
    desk: Desk, content: str | bytes
) -> None:
    result = desk.import_text(content)
    assert result.warnings == ()
    assert [call["reported_cost_usd"] for call in desk.rows("usage_events")] == [
        Decimal("0.000364"),
        Decimal("0.000364"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "generation_id,created_at,cost_total,model_permaslug",
        "Generation ID,Created At,Cost Total,Model Permaslug",
        "id,Timestamp,Cost,Model",
        "model,usage,time",
        "Model,Spend ($),Date",
        "cost_total,cost,model,model_permaslug,created_at,requests,generation_id",
    ],
)
def test_a_time_a_cost_and_a_model_under_any_of_their_names_are_calls(header: str) -> None:
    layout = recognise("calls.csv", header.split(","))
    assert layout.kind == "calls"
    assert layout.unknown_columns == ()


@pytest.mark.parametrize(
    "header",
    [
        "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens",
        "date,model,model_permaslug,endpoint_id,provider_name,usage,byok_usage_inference,requests",
        "day,model,cost,request_count",
    ],
)
def test_a_number_of_requests_without_generation_ids_makes_days(header: str) -> None:
    layout = recognise("days.csv", header.split(","))
    assert layout.kind == "days"
    assert layout.unknown_columns == ()


def test_of_two_columns_for_the_same_thing_the_more_exact_one_counts(desk: Desk) -> None:
    row = {"model": "openai/gpt-5-nano", **CALL, "cost": "9", "native_tokens_prompt": "7"}
    desk.import_text(csv_text(row))
    (call,) = desk.rows("usage_events")
    assert call["served_model"] == CALL["model_permaslug"]
    assert call["reported_cost_usd"] == Decimal("0.000364")
    assert call["input_tokens"] == 7


def test_columns_that_are_not_known_are_named_in_one_warning(desk: Desk) -> None:
    row = {**CALL, "Mood": "good", "api_key_disabled": "false", "weather": "fair"}
    result = desk.import_text(csv_text(row), "may.csv")
    assert result.warnings == ("may.csv: left out columns that are not known: Mood, weather.",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x1f\x8b\x08damaged", "is a damaged gzip file"),
        (b"PK\x03\x04rest", "is a zip archive or an Excel workbook: export the activity as CSV"),
        (b"%PDF-1.7", "is a PDF"),
        (bytes(range(256)), "is not an OpenRouter activity export"),
        (b'"created_at', "is not an OpenRouter activity export"),
        (b"name,price\nx,1", "a time and a cost and a model is missing; found name, price."),
        (b"Model,Spend\nx,1", "a time is missing; found Model, Spend."),
        (b"date,date,cost,model\n", "has 2 columns named 'date'"),
    ],
)
def test_a_file_that_is_no_export_is_refused_and_told_what_was_looked_for(
    desk: Desk, content: bytes, sentence: str
) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        desk.import_text(content, "wrong.csv")
    assert str(refusal.value).startswith("wrong.csv ")
    assert sentence in str(refusal.value)


def test_the_refusal_names_a_few_names_of_each_column(desk: Desk) -> None:
    with pytest.raises(UnreadableFile, match=r"a cost \(cost_total, total_cost, cost_usd …\)"):
        desk.import_text("a,b\n1,2\n")


def test_a_file_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(UnreadableFile, match=r"missing\.csv cannot be read: No such file"):
        desk.import_files(desk.folder / "missing.csv")
    with pytest.raises(UnreadableFile, match="cannot be read: Is a directory"):
        desk.import_files(desk.folder)


def test_an_import_of_nothing_says_what_to_name(desk: Desk) -> None:
    with pytest.raises(UsageError, match="name the activity exports"):
        desk.import_files()


def test_one_wrong_file_keeps_all_files_of_its_command_out(desk: Desk) -> None:
    good = desk.write("good.csv", csv_text(CALL))
    wrong = desk.write("wrong.csv", "a,b\n1,2\n")
    with pytest.raises(UnreadableFile):
        desk.import_files(good, wrong)
    assert desk.rows("usage_events") == []


def test_a_header_without_rows_is_said_and_is_no_error(desk: Desk) -> None:
    result = desk.import_text(csv_text(CALL).splitlines()[0], "new.csv")
    assert result.warnings == ("new.csv has a header and no rows.",)
    assert result.files[0].row_count == 0


def test_rows_of_another_length_are_set_aside_and_the_rest_lands(desk: Desk) -> None:
    lines = csv_text(CALL, {**CALL, "generation_id": "gen-2"}).splitlines()
    short, long = "gen-3,2026-04-15", lines[1] + ",and,more"
    result = desk.import_text("\n".join([lines[0], short, long, lines[2] + ",,"]))
    assert (result.files[0].landed_count, result.files[0].quarantined_count) == (1, 2)
    reasons = [row["reason"] for row in desk.rows("quarantine")]
    assert f"has 2 cells where the header has {len(CALL)}" in reasons


def test_a_quote_left_open_costs_one_row_and_not_the_rest_of_the_file(desk: Desk) -> None:
    calls = [{**CALL, "generation_id": f"gen-{number}"} for number in range(300)]
    lines = csv_text(*calls).splitlines()
    lines[3] = lines[3].replace("Colouring", '"Colouring').replace("gen-2,", '"gen-2,')
    result = desk.import_text("\n".join(lines))
    assert (result.files[0].landed_count, result.files[0].quarantined_count) == (299, 1)
    (kept,) = desk.rows("quarantine")
    assert (kept["line_number"], kept["payload"]) == (4, lines[3])


def test_a_row_with_bytes_that_are_not_utf8_is_set_aside_alone(desk: Desk) -> None:
    rows = csv_text(CALL, {**CALL, "generation_id": "gen-2", "app_name": "café"})
    result = desk.import_text(rows.encode("latin-1"))
    assert (result.files[0].landed_count, result.files[0].quarantined_count) == (1, 1)
    (kept,) = desk.rows("quarantine")
    assert kept["reason"] == "holds bytes that are not UTF-8"
    assert r"caf\xe9" in kept["payload"]


def test_sums_that_do_not_tell_their_requests_are_taken_for_calls_with_a_warning(
    desk: Desk,
) -> None:
    result = desk.import_text(csv_text(without(DAY, "Requests")), "sums.csv")
    assert result.files[0].kind == "calls"
    assert "all are dated midnight" in result.warnings[-1]
