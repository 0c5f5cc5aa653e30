"""Identifiers made before anything is sent, and those made again from what a row says."""

import os
import time
import uuid

UNATTRIBUTED = "unattributed"
"""The bucket of calls that were made for no ebook; no ebook may have this id."""

_NAMESPACE = uuid.UUID("6f1d8a54-5f0e-5c55-9c8f-0d6d6a0f6c1b")


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sortable by the quarter of a microsecond it was made, random below."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    instant = f"{milliseconds:012x}{nanoseconds * 4096 // 1_000_000:03x}"
    chance = os.urandom(8).hex()
    # Text straight away: one is made before each call, and `uuid.UUID` takes longer than the rest.
    variant = "89ab"[int(chance[0], 16) % 4]
    return f"{instant[:8]}-{instant[8:12]}-7{instant[12:]}-{variant}{chance[1:4]}-{chance[4:]}"


def derived_id(*parts: str) -> str:
    """A UUIDv5: the same parts always give the same id, so importing twice adds nothing."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
