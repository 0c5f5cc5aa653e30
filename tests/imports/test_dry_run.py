"""What an import would do is told, and nothing lands."""

from ingest.imports.activity import import_activity
from ingest.imports.attribution_rules import AttributionRules
from ingest.imports.rehearsal import Rehearsal
from tests.imports.exports import CALL, IMPORTED_AT, Desk, csv_text


def test_a_rehearsal_tells_what_the_import_then_does(desk: Desk) -> None:
    path = desk.write("activity.csv", csv_text(CALL))
    rehearsed = import_activity(
        [path], Rehearsal(desk.lake.root), rules=AttributionRules(), landed_at=IMPORTED_AT
    )
    assert not desk.lake.root.exists()
    assert rehearsed.as_json() == desk.import_files(path).as_json()


def test_a_day_of_which_no_call_tells_a_cost_is_unknown_and_not_zero(desk: Desk) -> None:
    costless = {name: "" if "cost" in name else cell for name, cell in CALL.items()}
    (file,) = desk.import_text(csv_text(costless)).as_json()
    assert [day["told_usd"] for day in file["days"]] == [None]
