"""What `inkledger build` says besides that it built."""

from pathlib import Path

from ingest import Recorder
from tests.conftest import run_inkledger


def test_a_build_says_that_a_running_program_still_holds_its_last_records(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.describe_ebook("forest-animals", title="Forest Animals")
        finished = run_inkledger(tmp_path, "build")
    assert finished.returncode == 0, finished.stderr
    said = finished.stderr.splitlines()[-1]
    assert said.startswith("Not in it yet: what 1 running program recorded last. It comes when")
    assert said.endswith("close their recorder, or end.")
