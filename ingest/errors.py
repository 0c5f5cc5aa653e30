"""Every error that inkledger raises on purpose; its message says what happened and what to do.

InkledgerError
├── UsageError                 the command or the call was used wrongly
│   └── KeyMissing             what was asked for needs a key that is not set
├── UnreadableFile             a file given for import is not what it should be
├── DatabaseUnreadable         an old back office's database is out of reach or lacks something
├── LakeNotWritten             the disk did not take what was to land; it is kept where it was
├── LakeUnreadable             a file of the lake is not whole; says which
├── SyncRunning                another `inkledger sync` has begun and not ended
├── BuildFailed                dbt refused to build or a test failed; nothing was published
├── WarehouseMissing           nothing has been published yet
├── ExportNotWritten           the disk did not take an export; what was there before stays
├── TooLittleHistory           an estimate needs more finished ebooks than there are
├── BudgetExceeded             the call was not sent: it could pass a limit
└── OpenRouterError            OpenRouter did not give what was asked for
    ├── RequestRefused         an answer with an error status
    ├── GenerationFailed       an error inside an answer that began well
    └── NoAnswer               the connection, or the client's patience, ended first
"""

from collections.abc import Callable
from functools import partial
from typing import Any


def sentence_of(error: Exception) -> str:
    """What a person is told of any error: its own sentence, if it was raised on purpose."""
    match error:
        case InkledgerError():
            return str(error)
        case OSError():
            return f"{error.filename or 'The system'}: {error.strerror or error}."
        case _:
            word = f"{type(error).__name__}: {error}".splitlines()[0]
            return f"This should not happen ({word}); run it again with --debug to see where."


class InkledgerError(Exception):
    """The root. Caught by the command, which prints its message as one sentence."""


class UsageError(InkledgerError):
    """The caller asked for something that cannot be."""


class KeyMissing(UsageError):
    """OpenRouter cannot be asked without a key; says which variable has to hold it."""


class UnreadableFile(InkledgerError):
    """A file is not what its reader was told; says what was looked for."""


class DatabaseUnreadable(InkledgerError):
    """A database given for import lets nobody in, lacks a column or went away; says which."""


class LakeNotWritten(InkledgerError):
    """The disk of the lake is full or refuses; says where, and nothing is lost."""


class LakeUnreadable(InkledgerError):
    """A file of the lake was cut or overwritten by something else; says which one."""


class SyncRunning(InkledgerError):
    """Two syncs of one home never overlap; the other does what this one would."""


class BuildFailed(InkledgerError):
    """A model or a test failed; what was published before stays as it is."""


class WarehouseMissing(InkledgerError):
    """There is no published warehouse under this home yet."""


class ExportNotWritten(InkledgerError):
    """The disk of an export is full or refuses; a file that was there before is as it was."""


class TooLittleHistory(InkledgerError):
    """There are too few finished ebooks to estimate another from; says how many it takes."""


class BudgetExceeded(InkledgerError):
    """The call was not sent: with it a budget could be passed. Nothing was charged."""


class OpenRouterError(InkledgerError):
    """A call that gave no usable reply. The attempt is in the ledger all the same.

    `generation_id` is OpenRouter's id when its headers came, `operation_id` ours.
    """

    def __init__(
        self, message: str, *, operation_id: str | None = None, generation_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.operation_id = operation_id
        self.generation_id = generation_id

    def __repr__(self) -> str:
        # Logs of retries print this.
        return f"{type(self).__name__}(operation_id={self.operation_id!r})"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Raised in a worker process, an error travels to its parent by name and arguments.
        return partial(type(self), **self.__dict__), self.args


class RequestRefused(OpenRouterError):
    """An HTTP status of 400 or above. `http_status` says which, `error_type` OpenRouter's word.

    `retry_after_seconds` and `limit_source` are what OpenRouter said of when and why, `said` is
    its own sentence: it may quote the prompt, and is no part of the text, which logs keep.
    """

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        error_type: str | None = None,
        retry_after_seconds: float | None = None,
        limit_source: str | None = None,
        said: str | None = None,
        operation_id: str | None = None,
        generation_id: str | None = None,
    ) -> None:
        super().__init__(message, operation_id=operation_id, generation_id=generation_id)
        self.http_status = http_status
        self.error_type = error_type
        self.retry_after_seconds = retry_after_seconds
        self.limit_source = limit_source
        self.said = said


class GenerationFailed(OpenRouterError):
    """HTTP 200 with an error in its body, or an error chunk in mid-stream."""


class NoAnswer(OpenRouterError):
    """Connection refused, cut or timed out. The call may have been billed; it is not repeated."""
