"""The old back office's tables, from a real PostgreSQL."""

import json
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.compact import compact
from ingest.errors import DatabaseUnreadable, UnreadableFile, UsageError
from ingest.imports.legacy_mapping import load_mapping
from ingest.settings import Home
from tests.imports.old_office import IMAGES, TOKENS, OldOffice
from tests.postgres import OLD_TABLES

MARCH = datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_row_is_a_call_with_all_that_was_known_of_it(office: OldOffice) -> None:
    office.add(TOKENS, IMAGES)
    assert office.import_all().is_equal
    text, image = sorted(office.rows(), key=lambda row: row["started_at"])
    assert {name: value for name, value in text.items() if value is not None} == {
        "event_id": text["event_id"],
        "operation_id": text["event_id"],
        "attempt_number": 1,
        "run_id": "req-1",
        "ebook_id": "7",
        "labels": f'{{"back_office": "{office.database}.public"}}',
        "endpoint": "unknown",
        "requested_model": "google/gemini-2.5-flash",
        "status": "succeeded",
        "input_tokens": 120,
        "output_tokens": 40,
        "reported_cost_usd": Decimal("0.001234"),
        "usage_json": text["usage_json"],
        "started_at": MARCH + timedelta(milliseconds=250),
        "landed_at": office.imported_at,
        "source": "legacy_database",
        "schema_version": 1,
    }
    assert json.loads(text["usage_json"]) == {
        "table": "token_usages", "id": "1", "request_id": "req-1", "ebook_id": "7",
        "prompt_tokens": "120", "completion_tokens": "40", "cost": "0.001234",
    }  # fmt: skip
    # Both have the id 1, and are two calls of one request.
    assert (image["run_id"], image["reported_cost_usd"]) == ("req-1", Decimal("0.038782"))
    assert (image["input_image_count"], image["output_image_count"]) == (2, 1)
    assert (image["input_tokens"], text["input_image_count"]) == (None, None)
    assert image["event_id"] != text["event_id"]


def test_requests_and_ebooks_cost_here_what_sql_says_there(office: OldOffice) -> None:
    office.many(1000)
    office.add(images=IMAGES + ", (2, 'req-2', 'm', 0, 4, 0.1, '2026-03-02', null)")
    result = office.import_all()
    both = "(select * from token_usages union all select * from image_usages) as both_tables"
    for column, here in (("request_id", "run_id"), ("ebook_id", "ebook_id")):
        there = dict(office.ask(f"select {column}, sum(cost) from {both} group by 1"))
        landed = defaultdict[str | None, Decimal](Decimal)
        for row in office.rows():
            landed[row[here]] += row["reported_cost_usd"]
        assert landed == there
        told = result.as_json()["ebooks" if here == "ebook_id" else "requests"]
        assert {row[here]: Decimal(row["source_usd"]) for row in told} == there
        assert {row[here]: Decimal(row["ledger_usd"]) for row in told} == there
    total = sum(landed.values(), Decimal()).normalize()
    assert result.verdict == f"Equal: 100 requests and 10 ebooks cost {total} USD there and here."


def test_broken_rows_are_set_aside_with_their_reasons(office: OldOffice) -> None:
    office.ask("alter table token_usages drop constraint token_usages_pkey, alter id drop not null")
    when = "'2026-03-01'"
    rows = {
        f"(1, 'r', 'm', -1, 1, 1, {when}, 'b')": "prompt_tokens: '-1' is no count",
        f"(2, 'r', 'm', 1, -7, 1, {when}, 'b')": "completion_tokens: '-7' is no count",
        f"(3, 'r', 'm', 1, 1, -0.000001, {when}, 'b')": "cost: '-0.000001' is negative",
        f"(4, 'r', 'm', 1, 1, 'NaN', {when}, 'b')": "cost: 'NaN' is no amount in USD",
        "(5, 'r', 'm', 1, 1, 1, null, 'b')": "created_at: is null, and a time is needed",
        "(6, 'r', 'm', 1, 1, 1, '-infinity', 'b')": (
            "created_at: '-infinity' is not a time between 2000 and 2100"
        ),
        "(7, 'r', 'm', 1, 1, 1, '1999-12-31 23:59:59', 'b')": (
            "created_at: '1999-12-31 23:59:59' is not a time between 2000 and 2100"
        ),
        "(8, 'r', 'm', 1, 1, 1, '0044-03-15 BC', 'b')": (
            "created_at: '0044-03-15 00:00:00 BC' is not a time between 2000 and 2100"
        ),
        f"(9, 'r', 'm', 1, 1, 1, {when}, 'untracked')": (
            "ebook_id: 'untracked' is the line of what was billed and is no call of the ledger;"
            " map it to another name"
        ),
        f"(null, 'r', 'm', 1, 1, 1, {when}, 'b')": (
            "id: is null, and without it nothing tells the row again"
        ),
    }
    twice = f"(10, 'r', 'm', 1, 1, 1, {when}, 'b')"
    office.add(", ".join([*rows, [*rows][-1], twice, twice, twice]))
    result = office.import_all(batch_rows=3)
    quarantined = office.rows("quarantine")
    repeated = ["id: '10' is that of a row before this one, too"] * 2
    assert Counter(row["reason"] for row in quarantined) == Counter(
        [*rows.values(), [*rows.values()][-1], *repeated]
    )
    assert {row["origin"] for row in quarantined} == {f"{office.database}.public.token_usages"}
    assert len({row["quarantine_id"] for row in quarantined}) == 13
    assert json.loads(quarantined[0]["payload"])["request_id"] == "r"
    assert [row["operation_id"] for row in office.rows()] == [*office.newest()]
    (request,) = result.as_json()["requests"]
    assert (request["source_row_count"], request["ledger_row_count"]) == (14, 1)
    assert (request["quarantined_count"], result.is_equal) == (13, False)
    assert result.why("requests", result.comparisons["requests"].differing()[0]) == (
        "13 in quarantine"
    )
    again = office.import_all(batch_rows=5)
    assert (again.tables[0].quarantined_count, again.tables[0].known_count) == (13, 1)
    assert len(office.rows("quarantine")) == 13


def test_what_nobody_said_is_unknown_and_what_is_odd_lands(office: OldOffice) -> None:
    odd = r"E'tab\tline\nback\\\\slash \\N \"q\" ünï'"
    office.add(
        "(1, null, null, null, null, null, '2026-03-01', null),"
        "(2, ' ', '', 0, 0, 0, '2026-03-01', ''),"
        f"(3, {odd}, {odd}, 1, 1, 9999.999999, '2026-03-01', {odd}),"
        r"(4, '\N', 'NULL', 1, 1, 0.1, '2026-03-01', 'nan')"
    )
    result = office.import_all()
    assert result.is_equal
    unknown, blank, strange, named = sorted(office.rows(), key=lambda row: row["usage_json"])
    for row in (unknown, blank):
        assert {row[name] for name in ("run_id", "ebook_id", "requested_model")} == {None}
    assert (unknown["reported_cost_usd"], unknown["input_tokens"]) == (None, None)
    assert (blank["reported_cost_usd"], blank["input_tokens"]) == (Decimal(0), 0)
    said = office.ask("select request_id from token_usages where id = 3")[0][0]
    assert strange["run_id"] == strange["ebook_id"] == strange["requested_model"] == said
    assert (named["run_id"], named["requested_model"], named["ebook_id"]) == (r"\N", "NULL", "nan")


def test_importing_again_lands_nothing_also_after_compaction(office: OldOffice) -> None:
    office.many(1500)
    assert office.import_all().tables[0].landed_count == 1500
    compact(Home(office.folder), up_to_now=True, clock=lambda: office.imported_at)
    before = sorted(office.lake.root.rglob("*.parquet"))
    again = office.import_all(batch_rows=7000)
    assert again.tables[0].summary == "token_usages: nothing new, 1,500 imported before."
    assert again.is_equal
    assert sorted(office.lake.root.rglob("*.parquet")) == before


def test_what_the_database_says_otherwise_later_counts(office: OldOffice) -> None:
    office.many(3)
    office.import_all()
    office.ask("update token_usages set cost = 5 where id = 1")
    office.ask("update token_usages set ebook_id = 'found' where id = 2")
    office.ask("delete from token_usages where id = 3")
    office.ask("insert into token_usages select 4, 'late', 'm', 1, 1, 1, '2026-04-01', null")
    result = office.import_all()
    table = result.tables[0]
    assert (table.landed_count, table.changed_count, table.moved_count) == (1, 1, 1)
    (gone,) = result.comparisons["requests"].differing()
    assert (gone.name, result.why("requests", gone)) == (
        "req-3", "1 imported before and not there now",
    )  # fmt: skip
    newest = [row for row in office.newest().values() if row["run_id"] != "req-3"]
    assert sum(row["reported_cost_usd"] for row in newest) == Decimal("6.000026")
    assert "found" in {row["ebook_id"] for row in newest}


def test_a_mapping_names_ebooks_and_runs_and_may_change(office: OldOffice) -> None:
    office.add(f"{TOKENS}, (2, 'req-2', 'm', 1, 1, 1, '2026-03-01', '8')", IMAGES)
    named = []
    for mapping in (
        None,
        '[ebooks]\n7 = "forest"\n[requests]\nreq-1 = "run-1"\n',
        '[ebooks]\n7 = "forest"\n8 = "forest"\n[requests]\nreq-1 = "run-1"\n',
        "",
    ):
        office.mapping = mapping
        result = office.import_all()
        assert result.is_equal
        moved = sum(table.moved_count for table in result.tables)
        rows = office.newest().values()
        named.append((moved, sorted((row["run_id"], row["ebook_id"]) for row in rows)))
    assert named == [
        (0, [("req-1", "7"), ("req-1", "7"), ("req-2", "8")]),
        (2, [("req-2", "8"), ("run-1", "forest"), ("run-1", "forest")]),
        (1, [("req-2", "forest"), ("run-1", "forest"), ("run-1", "forest")]),
        (3, [("req-1", "7"), ("req-1", "7"), ("req-2", "8")]),
    ]


def test_a_forgotten_mapping_undoes_nothing(office: OldOffice) -> None:
    office.add(TOKENS)
    office.mapping = '[ebooks]\n7 = "forest"\n'
    office.import_all()
    office.mapping = None
    with pytest.raises(UsageError, match="was imported with a mapping: give it again"):
        office.import_all()
    assert [row["ebook_id"] for row in office.rows()] == ["forest"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[ebooks", "is not TOML"),
        ("[ebook]\n1 = 'a'", "ebook is unknown; it has"),
        ("ebooks = 3", "write \\[ebooks\\] above the names"),
        ("[ebooks]\n1 = 2", "\\[ebooks\\] 1: write a name"),
        ("[requests]\n1 = ' '", "\\[requests\\] 1: write a name"),
        ("[ebooks]\n1 = 'untracked'", "'untracked' is the line of what was billed"),
    ],
)
def test_a_mapping_that_cannot_be_read_says_where(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "legacy.toml"
    path.write_text(text)
    with pytest.raises(UnreadableFile, match=problem):
        load_mapping(path)


KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.imports.back_office import open_back_office
from ingest.imports.legacy import import_legacy
from ingest.lake import Lake

def kill(done, total):
    if done >= 500:
        os.kill(os.getpid(), signal.SIGKILL)

with open_back_office(sys.argv[1], "public", batch_rows=100) as office:
    import_legacy(office, Lake(Path(sys.argv[2])), progress=kill)
"""


def test_a_killed_import_goes_on_and_lands_nothing_twice(office: OldOffice) -> None:
    office.many(1000)
    killed = subprocess.run([sys.executable, "-c", KILLED, office.dsn, office.lake.root])
    assert killed.returncode == -signal.SIGKILL
    assert len(office.rows()) == 500
    office.imported_at = datetime.now(UTC)
    result = office.import_all(batch_rows=300)
    assert (result.tables[0].landed_count, result.tables[0].known_count) == (500, 500)
    assert len(office.rows()) == len(office.newest()) == 1000
    assert result.is_equal


def test_a_database_that_goes_away_half_way_is_one_sentence(office: OldOffice) -> None:
    office.many(200_000)

    def restart(done: int, total: int) -> None:
        assert total == 200_000
        office.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'inkledger' and datname = current_database()"
        )

    with pytest.raises(DatabaseUnreadable, match=r"went away\. What has landed stays"):
        office.import_all(batch_rows=1000, progress=restart)
    landed = len(office.rows())
    assert 0 < landed < 200_000
    result = office.import_all(batch_rows=50_000)
    assert result.tables[0].landed_count == 200_000 - landed
    assert result.is_equal


def test_rows_that_are_written_meanwhile_wait_for_the_next_import(office: OldOffice) -> None:
    office.many(300)

    def write(done: int, total: int) -> None:
        if done == 100:
            office.ask("insert into image_usages values (9, 'r', 'm', 1, 1, 1, '2026-04-01')")

    assert office.import_all(progress=write).is_equal
    assert office.import_all().tables[1].landed_count == 1


def test_another_database_of_the_same_name_gets_a_name_of_its_own(office: OldOffice) -> None:
    office.many(5)
    office.import_all(name="press")
    office.ask(
        "update token_usages set created_at = created_at - interval '1 year', prompt_tokens = 1, "
        "completion_tokens = 1"
    )
    with pytest.raises(UsageError, match="give it a name of its own with --source"):
        office.import_all(name="press")
    assert office.import_all(name="other").tables[0].landed_count == 5
    assert len(office.newest()) == 10


def test_a_request_that_is_recorded_is_left_out_from_its_first_call_on(office: OldOffice) -> None:
    office.add(
        "(1, 'a', 'm', 1, 1, 1, '2026-03-01 09:59:59', 'b'),"
        "(2, 'a', 'm', 1, 1, 2, '2026-03-01 10:00:00', 'b'),"
        "(3, 'z', 'm', 1, 1, 4, '2026-03-01 10:00:00', 'b'),"
        "(4, 'c', 'm', 1, 1, 8, '2026-03-01 10:00:00', 'b')"
    )
    office.mapping = '[requests]\nc = "run-c"\n'
    result = office.import_all(
        recorded={"a": MARCH, "run-c": MARCH, "z": datetime.max.replace(tzinfo=UTC)}
    )
    assert sorted(row["reported_cost_usd"] for row in office.rows()) == [1, 4]
    assert (result.tables[0].recorded_count, result.is_equal) == (2, False)
    assert [
        (row.name, result.why("requests", row))
        for row in result.comparisons["requests"].differing()
    ] == [("a", "1 recorded here"), ("run-c", "1 recorded here")]


def test_until_leaves_alone_what_is_later_and_no_broken_row(office: OldOffice) -> None:
    office.add(
        "(1, 'a', 'm', 1, 1, 1, '2026-03-01 09:59:59', 'b'),"
        "(2, 'a', 'm', 1, 1, 2, '2026-03-01 10:00:00', 'b'),"
        "(3, 'a', 'm', 1, 1, 4, null, 'b'), (4, 'a', 'm', 1, 1, 4, 'infinity', 'b')"
    )
    result = office.import_all(until=MARCH)
    assert [row["reported_cost_usd"] for row in office.rows()] == [1]
    assert result.tables[0].quarantined_count == 2
    assert office.import_all().tables[0].landed_count == 1


def test_tables_of_another_shape_are_said_or_read(office: OldOffice) -> None:
    office.ask("alter table image_usages drop column cost, drop column ebook_id")
    with pytest.raises(DatabaseUnreadable, match=r"public\.image_usages lacks cost, ebook_id"):
        office.import_all()
    tables = OLD_TABLES.replace("bigint", "uuid").replace("timestamp", "timestamptz")
    tables = tables.replace("numeric(10, 6)", "double precision").replace("text", "varchar(90)")
    office.ask(f'create schema "Old Press"; set search_path to "Old Press"; {tables}')
    with pytest.raises(
        DatabaseUnreadable, match="no table token_usages; it is in Old Press, public"
    ):
        office.import_all(schema="elsewhere")
    office.ask(
        """insert into "Old Press".token_usages values (gen_random_uuid(), 'r', 'm', 1, 2,
        0.0000001, '2026-03-01 12:00:00+02', 'b')"""
    )
    assert office.import_all(schema="Old Press").is_equal
    (row,) = office.rows()
    assert (row["started_at"], row["reported_cost_usd"]) == (MARCH, Decimal("1e-7"))


def test_bytes_that_are_not_utf_8_are_set_aside(office: OldOffice) -> None:
    options = "encoding 'SQL_ASCII' template template0"
    office.database = office.server.new_database(options=options)
    office.add(
        r"(1, E'a\\xb', 'm', 1, 1, 1, '2026-03-01', 'b'), (2, E'\377', 'm', 1, 1, 1, "
        r"'2026-03-01', E'\\\376')"
    )
    office.import_all()
    assert [row["run_id"] for row in office.rows()] == [r"a\xb"]
    assert [row["reason"] for row in office.rows("quarantine")] == [
        "the row holds bytes that are not UTF-8"
    ]
