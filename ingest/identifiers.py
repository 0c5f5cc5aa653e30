"""Identifiers made before anything is sent, and those made again from what a row says."""

import itertools
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator

UNATTRIBUTED = "unattributed"
UNTRACKED = "untracked"
RESERVED_EBOOKS = {
    UNATTRIBUTED: "the bucket of calls without an ebook",
    UNTRACKED: "the line of what was billed and is no call of the ledger",
}
"""What no ebook may be called, and what it says in the reports."""

_NAMESPACE = uuid.UUID("6f1d8a54-5f0e-5c55-9c8f-0d6d6a0f6c1b")


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sortable by the quarter of a microsecond in which it was made, and
    below it a number that each process counts up from one of its own.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    instant = milliseconds << 16 | 0x7000 | nanoseconds * 4096 // 1_000_000
    # Text straight away: one is made before each call, and `uuid.UUID` takes longer than the rest.
    digits = f"{instant:016x}{0x8 << 60 | next(_numbers):x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def derived_id(*parts: str) -> str:
    """A UUIDv5: the same parts always give the same id, so importing twice adds nothing."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def list_ids(ids: Iterable[str]) -> str:
    """A JSON array as text: the same ids give the same text, in whatever order they come."""
    return json.dumps(sorted(set(ids)), ensure_ascii=False)


def _begin_to_count() -> None:
    global _numbers
    # Of the 62 bits that there are, one is left free for the sum.
    _numbers = itertools.count(int.from_bytes(os.urandom(8)) >> 3)


_numbers: Iterator[int]
_begin_to_count()
# A forked child would go on with the numbers of its parent.
os.register_at_fork(after_in_child=_begin_to_count)
