"""README and docs, followed word for word: every block runs, and prints what the page says."""

import subprocess
from pathlib import Path

import pytest

from ingest.simulator import running_simulator
from tests.landed import landed
from tests.manual.blocks import PAGES, PROJECT, RUNNABLE, Block, read_blocks
from tests.manual.reader import DEMO, Reader, is_what_it_prints
from tests.postgres import Postgres

MOST_NOT_RUN = 9


def _name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_can_be_followed_word_for_word(
    page: Path, tmp_path: Path, demo_home: Path, request: pytest.FixtureRequest
) -> None:
    with running_simulator() as simulator:
        reader = Reader(tmp_path, simulator.base_url, demo_home)
        if "$BACK_OFFICE" in page.read_text():
            postgres: Postgres = request.getfixturevalue("postgres")
            reader.meet(postgres.dsn(postgres.new_database("")), postgres.programs)
        try:
            for block in read_blocks(page):
                if block.is_run or block.is_saved:
                    _follow(block, reader, f"{_name(page)}:{block.line}")
        finally:
            reader.leave()
        billed = {row["id"] for row in simulator.bill()["generations"]}
    assert billed <= _recorded(tmp_path), "a call that the page makes is in no ledger"


def _follow(block: Block, reader: Reader, where: str) -> None:
    try:
        printed = reader.follow(block)
    except Exception as error:
        raise AssertionError(f"{where}: {error}") from error
    assert block.prints is None or is_what_it_prints(block.prints, printed), (
        f"{where} prints\n{printed}\nand the page says\n{block.prints}"
    )


def _recorded(folder: Path) -> set[str]:
    """The generations of every ledger that the page has made."""
    return {
        row["generation_id"]
        for spool in folder.glob("*/spool")
        for table in ("usage_events", "settlements")
        for row in landed(spool.parent, table)
    }


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_program_that_a_page_has_saved_is_run_by_it(page: Path) -> None:
    blocks = read_blocks(page)
    for number, saved in enumerate(blocks):
        if saved.title is not None and saved.language in RUNNABLE:
            later = [block.text for block in blocks[number:] if block.is_run]
            assert any(saved.title in text for text in later), f"nothing runs {saved.title}"


def test_the_suites_demo_is_the_one_that_make_runs() -> None:
    planned = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", *DEMO.split()],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert planned.stdout.splitlines()[-1] == ".venv/bin/inkledger demo --no-serve"


def test_what_is_not_run_is_little_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [(page, block) for page in PAGES for block in read_blocks(page)]
    skipped = [(page, block) for page, block in blocks if block.not_run is not None]
    run = [block for _, block in blocks if block.is_run or block.is_saved]
    with capsys.disabled():
        for page, block in skipped:
            print(f"\nNot run: {_name(page)}:{block.line}, {block.not_run}", end="")  # noqa: T201
        print(f"\n{len(run)} blocks of README and docs run or used, {len(skipped)} not.")  # noqa: T201
    assert len(skipped) <= MOST_NOT_RUN


@pytest.mark.parametrize(
    ("expected", "printed", "is_it"),
    [
        ("Landed 3 rows.", "Landed 3 rows.\n", True),
        ("Landed … rows.", "Landed 3 rows.\n", True),
        ("Landed 3 rows.", "Landed 4 rows.\n", False),
        ("Landed 3 rows.", "Landed 3 rows.\nWarning.\n", False),
        ("…\nSum", "a\nb\nSum\n", True),
        ("…\nSum", "Sum\nb\n", False),
        ("a.c", "abc", False),
    ],
)
def test_what_is_printed_is_compared_with_the_page(
    expected: str, printed: str, is_it: bool
) -> None:
    assert is_what_it_prints(expected, printed) is is_it
