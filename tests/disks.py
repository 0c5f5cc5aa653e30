"""Disks of the tests' own, which can be filled, forbidden, or fail; made by mounting, as root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size_kib: int = 256) -> Iterator[Path]:
    """A disk of its own at `folder`, for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs"):
        yield folder


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on `disk` until the block ends."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing new can be made in `folder`, by nobody, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with _mounted(folder, "--bind", str(folder)):
        _run("mount", "-o", "remount,bind,ro", str(folder))
        yield


@contextmanager
def thin_disk(folder: Path) -> Iterator[Path]:
    """A disk at `folder` that promises more than it has; gives what it is made of.

    When that is full, it takes writes into memory and fails to bring them to the disk.
    """
    with small_disk(folder.with_name("below"), 2048) as below:
        image = below / "image"
        with image.open("wb") as file:
            file.truncate(16 * 1024 * 1024)
        _run("mkfs.ext2", "-q", str(image))
        folder.mkdir()
        with _mounted(folder, "-o", "loop", str(image)):
            yield below


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    _run("mount", *what, str(folder))
    try:
        yield
    finally:
        # Lazily: a failing disk is still busy with what it could not write.
        subprocess.run(["umount", "--lazy", folder], check=True)


def _run(*command: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {finished.stderr.strip()}")
