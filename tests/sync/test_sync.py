"""`inkledger sync`, against a simulated OpenRouter that keeps the true bill."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingest.simulator import RunningSimulator
from ingest.warehouse.report import read_ebooks, read_status
from tests.conftest import run_inkledger
from tests.sync.conftest import KEY, Webhook, record

NO_KEYS = {"OPENROUTER_API_KEY": "", "OPENROUTER_MANAGEMENT_KEY": "", "INKLEDGER_WEBHOOK": ""}
NOBODY = "http://127.0.0.1:9/api/v1"


def keys(simulator: RunningSimulator) -> dict[str, str]:
    return {
        **NO_KEYS,
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management",
        "OPENROUTER_BASE_URL": simulator.base_url,
    }


def statuses(summary: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in summary["steps"]}


def lake_of(home: Path) -> list[str]:
    return sorted(str(path) for path in (home / "lake").rglob("*.parquet"))


def billed_usd(simulator: RunningSimulator) -> Decimal:
    return Decimal(str(simulator.bill()["total_usd"]))


def test_one_sync_makes_the_ledger_the_bill_and_another_changes_nothing(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    record(tmp_path, simulator, "fox", "owl")
    (tmp_path / "budgets.toml").write_text('[[budget]]\nname = "All"\nlimit_usd = "0.00001"\n')
    first = run_inkledger(tmp_path, "sync", "--format", "json", **keys(simulator))
    assert first.returncode == 0, first.stderr
    summary = json.loads(first.stdout)
    assert set(statuses(summary).values()) == {"done"}
    assert Decimal(summary["cost_usd"]) == billed_usd(simulator)
    assert summary["attempt_count"] == 2
    assert [alert["kind"] for alert in summary["alerts"]] == ["budget"]
    assert first.stderr.startswith("Alert: Budget All: over, ")
    ledger, lake = read_ebooks(tmp_path / "warehouse.duckdb"), lake_of(tmp_path)

    second = run_inkledger(tmp_path, "sync", "--format", "json", **keys(simulator))
    again = json.loads(second.stdout)
    assert (second.returncode, second.stderr) == (0, "")
    assert {name for name, status in statuses(again).items() if status != "done"} == {"pull prices"}
    assert [alert["is_new"] for alert in again["alerts"]] == [False]
    assert again["cost_usd"] == summary["cost_usd"]
    assert read_ebooks(tmp_path / "warehouse.duckdb") == ledger
    assert lake_of(tmp_path) == lake


def test_what_cannot_be_pulled_keeps_nothing_from_being_built(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    record(tmp_path, simulator, "badger")
    down = {**keys(simulator), "OPENROUTER_BASE_URL": NOBODY, "OPENROUTER_MANAGEMENT_KEY": ""}
    synced = run_inkledger(tmp_path, "sync", **down)
    assert synced.returncode == 1
    # What takes a key that is not there is no failure.
    assert "pull activity     skipped      0.0  No key to ask OpenRouter with: set" in synced.stdout
    assert "Pull prices failed: http://127.0.0.1:9/api/v1 cannot be reached" in synced.stderr
    assert "Pull credits failed: " in synced.stderr
    assert len(synced.stderr.splitlines()) == 2
    assert max(map(len, synced.stdout.splitlines())) <= 80
    status = read_status(tmp_path / "warehouse.duckdb")
    assert (status["attempt_count"], status["unpriced_count"]) == (1, 0)
    assert f"{status['cost_usd']} USD in 1 calls." in synced.stdout


def test_two_never_overlap_and_one_that_is_killed_leaves_the_next_one_free(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    billed_before = billed_usd(simulator)
    record(tmp_path, simulator, "hare", "wren")
    with begun(tmp_path, simulator) as first:
        began_at = time.monotonic()
        second = run_inkledger(tmp_path, "sync", **keys(simulator))
        assert time.monotonic() - began_at < 5
        assert (second.returncode, second.stdout) == (75, "")
        assert second.stderr.startswith("inkledger: Another sync is running in ")
        assert len(second.stderr.splitlines()) == 1
        (dbt,) = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        assert is_alive(dbt)
        first.kill()
        # It would go on, and hold up the next build.
        give_up = time.monotonic() + 3
        while is_alive(dbt) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not is_alive(dbt)
    third = run_inkledger(tmp_path, "sync", "--format", "json", **keys(simulator))
    assert third.returncode == 0, third.stderr
    summary = json.loads(third.stdout)
    assert summary["attempt_count"] == 2
    assert Decimal(summary["cost_usd"]) == billed_usd(simulator) - billed_before


def is_alive(process_id: str) -> bool:
    """Whether it runs: one that has ended and was not waited for has no command line."""
    try:
        return bool(Path(f"/proc/{process_id}/cmdline").read_bytes())
    except OSError:
        return False


@contextmanager
def begun(home: Path, simulator: RunningSimulator) -> Iterator["subprocess.Popen[bytes]"]:
    """A sync whose build has begun to write."""
    syncing = subprocess.Popen(
        [sys.executable, "-m", "ingest.command", "sync"],
        env={**os.environ, **keys(simulator), "INKLEDGER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        give_up = time.monotonic() + 60
        while not (home / ".build" / "warehouse.duckdb").exists():
            assert time.monotonic() < give_up
            assert syncing.poll() is None
            time.sleep(0.05)
        yield syncing
    finally:
        syncing.kill()
        syncing.wait()


def test_a_webhook_is_told_once_and_again_only_if_it_did_not_take_it(
    simulator: RunningSimulator, webhook: Webhook, tmp_path: Path
) -> None:
    # A file that is not whole ends a build before it begins.
    spoilt = tmp_path / "lake" / "usage_events" / "landed_date=2026-04-01" / "spoilt.parquet"
    spoilt.parent.mkdir(parents=True)
    spoilt.write_bytes(b"PAR1")
    environment = {
        **NO_KEYS,
        "OPENROUTER_BASE_URL": simulator.base_url,
        "INKLEDGER_WEBHOOK": webhook.url,
    }
    webhook.statuses = [404]
    for refused_count in (1, 0):
        synced = run_inkledger(tmp_path, "--debug", "sync", "--format", "json", **environment)
        summary = json.loads(synced.stdout)
        assert synced.returncode == 1
        assert "s3cr3t" not in synced.stdout + synced.stderr
        assert synced.stderr.count("The webhook answered with status 404") >= refused_count
        assert summary["cost_usd"] is None
        assert statuses(summary)["alert"] == ("failed" if refused_count else "done")
        assert summary["alerts"][0]["is_new"] is True
        assert len(webhook.told) == 1 - refused_count
    (message,) = webhook.told
    assert [alert["about"] for alert in message["alerts"]] == ["pull prices", "build"]
    assert message["text"].splitlines() == [alert["sentence"] for alert in message["alerts"]]
    quiet = run_inkledger(tmp_path, "sync", **environment)
    assert (quiet.returncode, len(webhook.told)) == (1, 1)
    assert "Still: Build failed: " in quiet.stdout


def test_a_webhook_that_is_no_address_is_wrong_use_and_is_not_repeated(tmp_path: Path) -> None:
    for address in ("hooks.example.com/s3cr3t", "file:///s3cr3t", "https:///s3cr3t"):
        synced = run_inkledger(tmp_path, "sync", "--webhook", address, **NO_KEYS)
        assert (synced.returncode, synced.stdout) == (2, "")
        assert synced.stderr == (
            "inkledger: The webhook must be an address with https:// or http://: mend it.\n"
        )
    assert not (tmp_path / ".build").exists()
