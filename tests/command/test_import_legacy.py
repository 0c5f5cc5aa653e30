"""`inkledger import legacy`, as a person types it, from a real PostgreSQL."""

import json
import os
import pty
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ingest import OpenRouter, Recorder, attribute
from ingest.command.main import main
from ingest.money import round_usd
from ingest.simulator import running_simulator
from tests.conftest import run_inkledger
from tests.imports.old_office import IMAGES, TOKENS, OldOffice
from tests.landed import landed
from tests.postgres import PASSWORD, Postgres


@pytest.fixture
def office(tmp_path: Path, postgres: Postgres) -> OldOffice:
    return OldOffice(postgres, postgres.new_database(), tmp_path)


def run(office: OldOffice, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run_inkledger(office.folder, "import", "legacy", "--dsn", office.dsn, *arguments)


def holds(folder: Path, word: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if word.encode() in path.read_bytes()]


def test_it_says_what_landed_and_that_the_sums_are_equal(office: OldOffice) -> None:
    office.add(TOKENS, IMAGES)
    (office.folder / "legacy.toml").write_text('[ebooks]\n7 = "forest-animals"\n')
    dry = run(office, "--dry-run")
    assert dry.stdout.splitlines() == [
        "token_usages: 1 call imported.",
        "image_usages: 1 call imported.",
        "Nothing of it has landed: this was a dry run.",
    ]
    assert not (office.folder / "lake").exists()
    assert json.loads(run(office, "--dry-run", "--format", "json").stdout)["is_equal"] is None
    finished = run(office)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert [line.rstrip() for line in finished.stdout.splitlines()[2:]] == [
        "Ebooks          Calls there  here  USD there      here",
        "──────────────────────────────────────────────────────",
        "forest-animals            2     2   0.040016  0.040016",
        "Equal: 1 request and 1 ebook cost 0.040016 USD there and here.",
        "`inkledger build` brings it into the reports.",
    ]
    told = json.loads(run(office, "--format", "json").stdout)
    assert told["is_equal"] is True
    assert told["requests"] == [
        {
            "run_id": "req-1", "source_row_count": 2, "ledger_row_count": 2,
            "source_usd": "0.040016", "ledger_usd": "0.040016",
            "quarantined_count": 0, "recorded_count": 0, "is_equal": True,
        }
    ]  # fmt: skip


def test_what_differs_is_listed_with_its_reason(office: OldOffice) -> None:
    office.add(TOKENS + ", (2, 'req-[1]', 'm', 1, 1, -1, '2026-03-01', null)")
    lines = [" ".join(line.split()) for line in run(office).stdout.splitlines()]
    assert "req-[1] 1 0 -1.000000 – 1 in quarantine" in lines
    assert "unattributed 1 0 -1.000000 – 1 in quarantine" in lines
    assert (
        "Not equal: 1 of 2 requests and 1 of 2 ebooks differ; -0.998766 USD there, 0.001234 USD "
        "here."
    ) in lines


def test_a_password_is_never_said_nor_kept(
    office: OldOffice, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add(TOKENS)
    monkeypatch.setenv("INKLEDGER_HOME", str(office.folder))
    wrong = "hunter2-"

    def said(dsn: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["import", "legacy", "--dsn", dsn])
        assert ended.value.code in {1, 2}
        (sentence,) = capfd.readouterr().err.splitlines()
        return str(sentence)

    sentences = [
        said(dsn)
        for dsn in (
            office.dsn.replace(PASSWORD, wrong),
            office.dsn.replace(office.database, "nowhere"),
            office.dsn.replace(PASSWORD, f"{wrong}@x"),
            office.dsn.replace(PASSWORD, f"{wrong}/x"),
            office.dsn.replace(PASSWORD, f"{wrong}%zz"),
            f"host=localhost port={wrong} password={wrong}",
            f"postgresql:/press:{wrong}@localhost/x",
            wrong,
        )
    ]
    assert "the password is not that of the user" in sentences[0]
    assert "it has no such database or user" in sentences[1]
    failing = office.dsn.replace(PASSWORD, f"{wrong}@x")
    shown = [
        run(office, "--debug"),
        run_inkledger(office.folder, "import", "legacy", "--debug", "--dsn", failing),
    ]
    assert [each.returncode for each in shown] == [0, 1]
    everything = "".join([*sentences, *(each.stdout + each.stderr for each in shown)])
    for word in (PASSWORD, wrong):
        assert word not in everything
        assert not holds(office.folder, word)


def test_who_may_not_read_is_told_so(office: OldOffice) -> None:
    office.ask("create role guest login password 'guest'")
    try:
        dsn = office.dsn.replace(f"press:{PASSWORD}", "guest:guest")
        refused = run_inkledger(office.folder, "import", "legacy", "--dsn", dsn)
        assert "grant it select" in refused.stderr
        assert refused.returncode == 1
    finally:
        office.ask("drop role guest")


def test_without_psycopg_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from ingest.command.main import main; main(['import', 'legacy', '--dsn', 'dbname=x'])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "inkledger: This needs psycopg, which is not installed: pip install 'inkledger[legacy]'.\n"
    )


def test_a_terminal_sees_how_far_it_is(office: OldOffice) -> None:
    office.add(TOKENS, IMAGES)
    here, there = pty.openpty()
    finished = subprocess.run(
        [sys.executable, "-m", "ingest.command", "import", "legacy", "--dsn", office.dsn],
        env={**os.environ, "INKLEDGER_HOME": str(office.folder), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=there,
    )
    os.close(there)
    shown = os.read(here, 65536).decode()
    assert "Importing" in shown
    assert "2/2" in shown
    assert b"Importing" not in finished.stdout


def test_a_live_cut_over_counts_every_call_once(office: OldOffice) -> None:
    office.add(TOKENS, IMAGES)
    assert "Equal: 1 request" in run(office).stdout
    with (
        running_simulator() as simulator,
        Recorder(office.folder) as recorder,
        OpenRouter(
            base_url=simulator.base_url, api_key="sk-or-v1-cut-over", recorder=recorder
        ) as client,
        attribute(ebook_id="forest-animals", request_id="req-2"),
    ):
        # The old back office writes its last row of a request before its producer is switched.
        office.add("(2, 'req-2', 'm', 1, 1, 0.25, now() at time zone 'UTC', '7')")
        reply = client.chat(
            model="google/gemini-2.5-flash", messages=[{"role": "user", "content": "A fox"}]
        )
        # This one writes what it calls to the old tables, too; and one was not switched at all.
        office.add(
            f"(3, 'req-2', 'm', 1, 1, {reply.cost_usd}, now() at time zone 'UTC', '7'),"
            "(4, 'req-3', 'm', 1, 1, 0.5, now() at time zone 'UTC', '7')"
        )
        (office.folder / "legacy.toml").write_text('[ebooks]\n7 = "forest-animals"\n')
        # The call is in the spool still.
        rest = run(office, "--format", "json")
    told = json.loads(rest.stdout)
    assert told["tables"][0] == {
        "name": "token_usages", "landed_count": 2, "changed_count": 0, "moved_count": 1,
        "known_count": 0, "quarantined_count": 0, "recorded_count": 1,
    }  # fmt: skip
    differing = [row for row in told["requests"] if not row["is_equal"]]
    assert [(row["run_id"], row["recorded_count"]) for row in differing] == [("req-2", 1)]
    expected = Decimal("0.040016") + Decimal("0.75") + round_usd(reply.cost_usd or Decimal(0))
    # Sealed by now, and imported once more: nothing of it changes.
    assert landed(office.folder)
    assert json.loads(run(office, "--format", "json").stdout)["tables"][0]["landed_count"] == 0
    built = run_inkledger(office.folder, "build")
    assert built.returncode == 0, built.stderr
    report = run_inkledger(office.folder, "report", "ebooks", "--format", "json")
    books = {row["ebook_id"]: Decimal(row["cost_usd"]) for row in json.loads(report.stdout)}
    assert books == {"forest-animals": expected}
