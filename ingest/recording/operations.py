"""Which attempts belong together: a request that repeats a failed one is its next attempt.

SDKs retry by themselves and tell nobody. What can be told: the same request, to the same
endpoint, through the same recorder, in the same thread or task, soon after it failed.
"""

import time
import weakref
from contextvars import ContextVar
from typing import NamedTuple


class Operation(NamedTuple):
    """The logical request, and which attempt at it this is, from 1 on."""

    operation_id: str
    attempt_number: int


class Sent(NamedTuple):
    """What an attempt sent, and where: whatever sends it again repeats it."""

    recorder: "weakref.ref[object]"
    endpoint: str
    content: bytes

    def fingerprint(self) -> "_Fingerprint":
        """Kept instead of the request, which may hold megabytes of images."""
        return self.recorder, self.endpoint, len(self.content), hash(self.content)


# Of a recorder that is gone its number may have been given to another, a dead reference equals
# itself only.
_Fingerprint = tuple["weakref.ref[object]", str, int, int]


class _Failed(NamedTuple):
    fingerprint: "_Fingerprint"
    operation: Operation
    failed_at: float


_REPEATED_WITHIN_SECONDS = 600.0
_failed: ContextVar[_Failed | None] = ContextVar("inkledger_failed_attempt", default=None)


def operation_of(sent: Sent, new_operation_id: str) -> Operation:
    """The operation of a request that names none: the one it repeats, or a new one."""
    failed = _failed.get()
    if failed is not None:
        _failed.set(None)
        is_soon = time.monotonic() - failed.failed_at < _REPEATED_WITHIN_SECONDS
        if is_soon and failed.fingerprint == sent.fingerprint():
            return failed.operation._replace(attempt_number=failed.operation.attempt_number + 1)
    return Operation(new_operation_id, 1)


def note_failure(sent: Sent, operation: Operation) -> None:
    """Remember a failed attempt until the next call of this thread or task."""
    if sent.content:
        _failed.set(_Failed(sent.fingerprint(), operation, time.monotonic()))
