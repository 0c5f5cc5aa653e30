"""The wheel and the sdist: the same bytes each time, and all that a machine without us needs."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
UV = [str(Path(sys.executable).with_name("uv")), "--quiet"]
Environment = Path
"""The folder of a virtual environment that has nothing but what was installed from the wheel."""


def _build(folder: Path, source: Path = PROJECT, *kinds: str) -> dict[str, Path]:
    """Ending → what was built."""
    command = [*UV, "build", "--no-build-isolation", *kinds, "--out-dir", str(folder), str(source)]
    subprocess.run(command, check=True, env={**os.environ, "VIRTUAL_ENV": sys.prefix})
    return {path.suffix: path for path in folder.iterdir() if path.suffix in (".whl", ".gz")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return _build(tmp_path_factory.mktemp("dist"))


def _environment(folder: Path, wheel: Path, extras: str) -> Environment:
    python, wanted = folder / "bin" / "python", f"inkledger{extras} @ {wheel.as_uri()}"
    locked = ["--constraint", str(PROJECT / "requirements.lock")]
    subprocess.run([*UV, "venv", "--python", sys.executable, str(folder)], check=True)
    subprocess.run([*UV, "pip", "install", "--python", str(python), *locked, wanted], check=True)
    return folder


@pytest.fixture(scope="module")
def bare(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return _environment(tmp_path_factory.mktemp("bare") / "venv", built[".whl"], "")


@pytest.fixture(scope="module")
def whole(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    extras = "[app,notebooks,simulate,warehouse]"
    return _environment(tmp_path_factory.mktemp("whole") / "venv", built[".whl"], extras)


def _run(where: Environment, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Far from the checkout, and without its packages."""
    return subprocess.run(
        [str(where / "bin" / "inkledger"), *arguments],
        env={"PATH": os.defpath, "INKLEDGER_HOME": str(where.with_name("home"))},
        cwd=where,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_what_is_built_twice_is_the_same_to_the_byte(
    built: dict[str, Path], tmp_path: Path
) -> None:
    again = _build(tmp_path / "again")
    from_sdist = _build(tmp_path / "from-sdist", built[".gz"], "--wheel")
    for ending, path in {**again, **from_sdist}.items():
        assert _sum(path) == _sum(built[ending]), path
    assert again.keys() == built.keys()


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["build"], "warehouse"),
        (["report", "status"], "warehouse"),
        (["estimate", "--kind", "novel", "--pages", "9"], "warehouse"),
        (["export", "focus"], "warehouse"),
        (["serve"], "app"),
        (["notebook", "explore_costs"], "notebooks"),
        (["simulate"], "simulate"),
        (["demo", "--no-serve"], "simulate"),
    ],
)
def test_what_is_not_installed_is_one_sentence(
    bare: Environment, command: list[str], extra: str
) -> None:
    finished = _run(bare, *command)
    (sentence,) = finished.stderr.splitlines()
    assert (finished.returncode, finished.stdout) == (1, "")
    assert sentence.startswith("inkledger: This needs ")
    assert sentence.endswith(f"which is not installed: pip install 'inkledger[{extra}]'.")


def test_what_records_needs_no_extra(bare: Environment) -> None:
    assert _run(bare, "seal").stderr == ""
    program = "from ingest import OpenRouter, Recorder, attribute"
    assert _python(bare, program) == ""


def test_helpers_of_notebooks_say_what_they_need(bare: Environment) -> None:
    assert _python(bare, "import inkledger").splitlines()[-1] == (
        "ImportError: `import inkledger` is for notebooks, and needs altair: pip install "
        "'inkledger[notebooks]'. Programs record with `from ingest import OpenRouter, Recorder`."
    )


def _python(where: Environment, program: str) -> str:
    """What it says on stderr."""
    command = [str(where / "bin" / "python"), "-c", program]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False).stderr


def test_an_empty_environment_runs_the_demo_and_serves_it(whole: Environment) -> None:
    finished = _run(whole, "demo", "--no-serve")
    assert finished.returncode == 0, finished.stderr
    assert "equal to the last digit." in finished.stdout
    assert "explore_costs" in _run(whole, "notebook").stdout
    for address in _served(whole):
        assert address.startswith("http://127.0.0.1:")


def _served(where: Environment) -> Iterator[str]:
    """The address that `serve` prints when its pages answer; Ctrl-C then ends it without a word."""
    with subprocess.Popen(
        [str(where / "bin" / "inkledger"), "serve"],
        env={"PATH": os.defpath, "INKLEDGER_HOME": str(where.with_name("home"))},
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1]
        os.killpg(server.pid, signal.SIGINT)
        assert server.communicate(timeout=30)[1] == "Dashboard stopped.\n"
