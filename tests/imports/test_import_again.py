"""Importing again, in parts, in any order, and under other rules."""

import json
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

from tests.imports.exports import CALL, DAY, Desk, csv_text, without

FOREST = '[[rule]]\napp_name = "Colouring*"\nebook_id = "forest"\nstage = "line_art"\n'
OCEAN = FOREST.replace("forest", "ocean")


def newest(desk: Desk) -> dict[str, Any]:
    """The newest landing of each call, which is the one that counts."""
    return {call["event_id"]: call for call in desk.rows("usage_events")}


def files_of(desk: Desk) -> list[Path]:
    return sorted((desk.folder / "lake").rglob("*.parquet"))


def test_importing_again_changes_nothing_and_says_so(desk: Desk) -> None:
    calls = desk.write("calls.csv", csv_text(CALL, {**CALL, "generation_id": ""}))
    days = desk.write("days.csv", csv_text(DAY, {**DAY, "Usage": "?"}))
    desk.import_files(calls, days)
    before = files_of(desk)
    result = desk.import_files(days, calls)
    assert files_of(desk) == before
    assert [file.known_count for file in result.files] == [1, 2]
    assert result.files[1].summary == "calls.csv: nothing new, 2 calls imported before."
    assert result.files[0].quarantined_count == 1


def test_the_same_file_named_twice_in_one_command_lands_once(desk: Desk) -> None:
    path = desk.write("calls.csv", csv_text(CALL))
    assert [file.landed_count for file in desk.import_files(path, path).files] == [1, 0]


def test_the_same_calls_under_another_file_name_or_line_end_are_the_same_calls(desk: Desk) -> None:
    anonymous = without(CALL, "generation_id")
    desk.import_text(csv_text(CALL), "a.csv")
    desk.import_text(csv_text(anonymous), "b.csv")
    for text in (csv_text(CALL), csv_text(anonymous)):
        assert desk.import_text(text.replace("\r\n", "\n"), "c.csv").files[0].landed_count == 0
    assert len(desk.rows("usage_events")) == 2


def test_an_overlapping_export_adds_only_what_is_new(desk: Desk) -> None:
    march, april, may = ({**CALL, "generation_id": f"gen-{month}"} for month in (3, 4, 5))
    desk.import_text(csv_text(march, april), "first.csv")
    (second,) = desk.import_text(csv_text(april, may), "second.csv").files
    assert (second.landed_count, second.known_count) == (1, 1)
    assert len(desk.rows("usage_events")) == 3


def test_calls_and_days_in_any_order_or_together_give_the_same(tmp_path: Path) -> None:
    texts = {
        "calls.csv": csv_text(CALL, {**CALL, "generation_id": "gen-2"}),
        "days.csv": csv_text(DAY),
        "older.csv": csv_text(without(CALL, "app_name", "api_key_name", "tokens_cached")),
    }
    outcomes = []
    for number, order in enumerate(permutations(texts)):
        for together in (True, False):
            folder = tmp_path / f"{number}-{together}"
            folder.mkdir()
            desk = Desk(folder)
            desk.use_rules(FOREST)
            paths = [desk.write(name, texts[name]) for name in order]
            for batch in [paths] if together else [[path] for path in paths]:
                desk.import_files(*batch)
            outcomes.append(
                (
                    sorted(
                        (call["event_id"], call["ebook_id"], call["labels"])
                        for call in newest(desk).values()
                    ),
                    sorted(day["snapshot_id"] for day in desk.rows("provider_activity")),
                )
            )
    assert len(outcomes) == 12
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(outcomes[0][0]) == 2


def test_rules_attribute_calls_as_they_are_imported(desk: Desk) -> None:
    desk.use_rules(FOREST + '[rule.labels]\nseries = "Woods"\n')
    call = desk.call()
    assert (call["ebook_id"], call["stage"]) == ("forest", "line_art")
    assert json.loads(call["labels"])["series"] == "Woods"
    assert json.loads(call["labels"])["app_name"] == "Colouring studio"


def test_changed_rules_attribute_known_calls_anew(desk: Desk) -> None:
    path = desk.write("calls.csv", csv_text(CALL, {**CALL, "generation_id": "g", "app_name": "x"}))
    desk.use_rules(FOREST)
    desk.import_files(path)
    for rules, ebook_id in ((OCEAN, "ocean"), (FOREST, "forest"), (OCEAN, "ocean")):
        desk.use_rules(rules)
        (again,) = desk.import_files(path).files
        assert (again.landed_count, again.changed_count, again.known_count) == (0, 1, 1)
        assert "1 attributed anew" in again.summary
        assert {call["ebook_id"] for call in newest(desk).values()} == {ebook_id, None}


def test_rules_name_several_ebooks_and_may_change_which(desk: Desk) -> None:
    path = desk.write("calls.csv", csv_text(CALL))
    for ebook_ids in ('["river", "forest"]', '["forest", "meadow"]', '["meadow", "forest"]'):
        desk.use_rules(f"[[rule]]\nebook_ids = {ebook_ids}\n")
        desk.import_files(path)
        (call,) = newest(desk).values()
        assert (call["ebook_id"], json.loads(call["ebook_ids"])) == (
            None,
            sorted(json.loads(ebook_ids)),
        )
    assert len(desk.rows("usage_events")) == 2
    desk.use_rules("")
    assert desk.import_files(path).files[0].changed_count == 0


def test_a_rule_that_is_gone_attributes_no_longer(desk: Desk) -> None:
    path = desk.write("calls.csv", csv_text(CALL))
    for rules in (FOREST, '[[rule]]\nmodel = "nothing"\nebook_id = "none"\n'):
        desk.use_rules(rules)
        desk.import_files(path)
    assert [call["ebook_id"] for call in newest(desk).values()] == [None]


def test_an_import_without_rules_undoes_no_attribution(desk: Desk) -> None:
    path = desk.write("calls.csv", csv_text(CALL))
    desk.use_rules(FOREST)
    desk.import_files(path)
    desk.use_rules("")
    assert desk.import_files(path).files[0].changed_count == 0
    assert [call["ebook_id"] for call in newest(desk).values()] == ["forest"]


def test_an_older_export_that_knows_no_names_takes_none_away(desk: Desk) -> None:
    desk.use_rules(FOREST)
    desk.import_text(csv_text(CALL), "new.csv")
    (older,) = desk.import_text(csv_text(without(CALL, "app_name")), "old.csv").files
    assert (older.changed_count, older.known_count) == (0, 1)


def test_a_cost_that_a_later_export_tells_is_taken(desk: Desk) -> None:
    desk.import_text(csv_text({**CALL, "cost_total": ""}), "early.csv")
    assert desk.import_text(csv_text(CALL), "late.csv").files[0].changed_count == 1
    assert [call["reported_cost_usd"] for call in newest(desk).values()] == [Decimal("0.000364")]


def test_a_bad_row_of_two_exports_is_one_bad_row(desk: Desk) -> None:
    bad = {**CALL, "cost_total": "?"}
    for name, rows in (("a.csv", [bad, bad]), ("b.csv", [CALL, bad])):
        desk.import_text(csv_text(*rows), name)
    assert len(desk.rows("quarantine")) == 2
