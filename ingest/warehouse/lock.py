"""One at a time: whoever reads all of the lake, and whoever replaces files of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ingest.errors import BuildFailed
from ingest.settings import Home


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the lock of builds under `home`. Raises `BuildFailed` while another holds it."""
    home.build.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home.build / "build.lock", timeout=0):
            yield
    except Timeout:
        raise BuildFailed(
            f"Another build or compaction is running in {home.build}; wait until it ends, then "
            "try again."
        ) from None
