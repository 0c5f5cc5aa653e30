"""The cases of test_clients.py with other versions: `make sweep-clients`, for some args="litellm".

An environment for each line of versions.txt that holds one of the words given, kept under
`.venv-sweep`. Prints a row for each; ends with 1 if a ledger was not the bill.
"""

import subprocess
import sys
import tempfile
import tomllib
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.clients.test_clients import AWAITED_CASES, CASES, CHECKOUT, assert_calls_are_as_billed

VERSIONS = Path(__file__).with_name("versions.txt")
ENVIRONMENTS = CHECKOUT / ".venv-sweep"
UV = str(Path(sys.executable).with_name("uv"))
CASES_OF = {
    "pydantic-ai": AWAITED_CASES,
    "smolagents": [case for case in CASES if not case.startswith("awaited")],
}
AS_BILLED = "as billed"
OWN_NEEDS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["dependencies"]


def chosen(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Client and requirements of each line that holds one of `words`; of every line if none."""
    for line in VERSIONS.read_text().splitlines():
        if not line.startswith("#") and (not words or any(word in line for word in words)):
            client, _, requirements = line.partition(":")
            yield client, requirements.split()


def environment(requirements: list[str]) -> Path:
    """The Python of an environment that holds `requirements`, made if it is not there yet."""
    folder = ENVIRONMENTS / "_".join(requirements)
    python = folder / "bin" / "python"
    subprocess.run([UV, "venv", "--quiet", "--allow-existing", str(folder)], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, *OWN_NEEDS, *requirements], check=True)
    return python


def verdict(client: str, requirements: list[str]) -> str:
    """What the ledger was, held against the bill."""
    try:
        python = environment(requirements)
    except subprocess.CalledProcessError:
        return "no environment"
    with tempfile.TemporaryDirectory() as home:
        try:
            assert_calls_are_as_billed(client, python, CASES_OF.get(client, CASES), Path(home))
        except (AssertionError, subprocess.TimeoutExpired):
            traceback.print_exc()
            return "DIFFERS"
    return AS_BILLED


def main() -> None:
    verdicts = set()
    for client, requirements in chosen(sys.argv[1:]):
        said = verdict(client, requirements)
        verdicts.add(said)
        sys.stdout.write(f"{said:15} {client:21} {' '.join(requirements)}\n")
        sys.stdout.flush()
    sys.exit(verdicts != {AS_BILLED})


if __name__ == "__main__":
    main()
