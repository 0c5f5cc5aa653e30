"""Parquet files: groups of rows that threads share and statistics skip; they appear by rename."""

import io
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self, cast

import polars as pl

from ingest.errors import LakeNotWritten

ROWS_IN_GROUP = 122_880
"""DuckDB's own measure: one thread reads a group, one look at its statistics skips it."""
LANDING_LEVEL = 3
BYTES_IN_MEMORY = 128 * 1024 * 1024
MERGING_LEVEL = 9
"""Of zstd: what is written once and read for years may take longer."""


def write_then_rename(
    frame: pl.LazyFrame, path: Path, *, level: int, metadata: dict[str, str] | None = None
) -> Path:
    """Write `frame` to `path`, where nobody sees it before it is whole.

    Raises `LakeNotWritten` when the disk is full or refuses; nothing of the file is left then.
    """
    # Readers glob *.parquet: a name with another ending is invisible to them until the rename.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb", buffering=0) as file:
            disk = _Disk(file)
            sink = frame.sink_parquet(
                cast(IO[bytes], disk),
                compression="zstd",
                compression_level=level,
                row_group_size=ROWS_IN_GROUP,
                metadata=metadata,
                lazy=True,
            )
            _finish(sink, disk)
            os.fsync(file.fileno())
        unfinished.rename(path)
        _reach_disk(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise _not_written(path.parent, error) from error
    return path


class Parts:
    """Frames of one table that are put aside until all of them are there, the last one first.

    The first few are kept in memory, as most are alone; the others in files of the disk at `folder`
    that have no name, so that a kill leaves nothing of them.
    """

    def __init__(self, folder: Path, *, bytes_in_memory: int = BYTES_IN_MEMORY) -> None:
        self.row_count = 0
        self._bytes_left = bytes_in_memory
        self._folder = folder
        self._frames: list[pl.LazyFrame] = []
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def put_before(self, frame: pl.DataFrame) -> None:
        """Add rows that come before all that are there. Raises `LakeNotWritten`."""
        self.row_count += frame.height
        self._bytes_left -= int(frame.estimated_size())
        self._frames.append(frame.lazy() if self._bytes_left >= 0 else self._on_disk(frame))

    def rows(self) -> pl.LazyFrame:
        """All of them, in their order."""
        return pl.concat(reversed(self._frames))

    def _on_disk(self, frame: pl.DataFrame) -> pl.LazyFrame:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._files.enter_context(TemporaryFile(buffering=0, dir=self._folder))  # noqa: SIM115
            disk = _Disk(file)
            _finish(frame.lazy().sink_ipc(cast(IO[bytes], disk), lazy=True), disk)
        except OSError as error:
            raise _not_written(self._folder, error) from error
        return pl.scan_ipc(f"/dev/fd/{file.fileno()}")


class _Disk(io.RawIOBase):
    """A file that keeps what the system said of it, since polars does not tell."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        rest = memoryview(content)
        try:
            while rest:  # A disk that is nearly full takes a part.
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self.error = error
            raise
        return len(content)


def _finish(sink: pl.LazyFrame, disk: _Disk) -> None:
    try:
        sink.collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise (disk.error or error) from None


def _not_written(folder: Path, error: OSError) -> LakeNotWritten:
    return LakeNotWritten(
        f"Nothing landed in {folder} ({error.strerror}); what was to land is kept where it was. "
        "Mend or free the disk, then run this again."
    )


def _reach_disk(folder: Path) -> None:
    # A segment is removed once its rows have landed: the file's name must outlive a power cut.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
