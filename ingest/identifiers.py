"""Identifiers made before anything is sent, and those made again from what a row says."""

import os
import time
import uuid

_NAMESPACE = uuid.UUID("6f1d8a54-5f0e-5c55-9c8f-0d6d6a0f6c1b")


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sortable by the millisecond it was made, random below it."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def derived_id(*parts: str) -> str:
    """A UUIDv5: the same parts always give the same id, so importing twice adds nothing."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
