"""One at a time: whoever reads all of the lake, whoever replaces files of it, and who does all."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ingest.errors import BuildFailed, InkledgerError
from ingest.settings import Home


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the lock of builds under `home`. Raises `BuildFailed` while another holds it."""
    refused = BuildFailed(
        f"Another build or compaction is running in {home.build}; wait until it ends, then "
        "try again."
    )
    with held(home, "build.lock", refused):
        yield


@contextmanager
def held(home: Home, name: str, refused: InkledgerError) -> Iterator[None]:
    """Hold a lock of a home. Raises `refused` while another holds it.

    The system lets go of it when its holder dies, of whatever.
    """
    home.build.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home.build / name, timeout=0):
            yield
    except Timeout:
        raise refused from None
