"""A home that an earlier version left, with calls that it had not sealed, opens in this one.

`homes` has, of a version of each day named, lake, spool and warehouse, and what that version itself
reported of every ebook once it had sealed the rest.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_inkledger

HOMES = sorted((Path(__file__).parent / "homes").glob("*.tar.gz"))
PROMISED = ("cost_usd", "call_count", "accepted_page_count", "rejected_cost_usd", "unpriced_count")


@pytest.mark.parametrize("packed", HOMES, ids=lambda path: path.name.partition(".")[0])
def test_what_an_earlier_version_recorded_costs_what_it_said(packed: Path, tmp_path: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    unread = run_inkledger(tmp_path, "report", "status")
    assert unread.returncode == 1
    assert unread.stderr.endswith("of another version of inkledger: run `inkledger build`.\n")
    for command in ("seal", "build"):
        finished = run_inkledger(tmp_path, command)
        assert finished.returncode == 0, finished.stderr
    told = json.loads(run_inkledger(tmp_path, "report", "ebooks", "--format", "json").stdout)
    before = json.loads(packed.with_name(packed.name.replace("tar.gz", "json")).read_text())
    assert _promised(told) == _promised(before)


def _promised(ebooks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["ebook_id"]: {name: row[name] for name in PROMISED} for row in ebooks}
