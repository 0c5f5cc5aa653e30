"""Which transports and clients go together; one clear sentence for those that do not."""

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from ingest.errors import UsageError
from ingest.recording.library import library_of

_LIBRARIES = ("httpx", "httpx2")


class ForSynchronousClients:
    """What a client for asyncio would call says what to give it instead."""

    async def __aenter__(self) -> NoReturn:
        raise UsageError(_WRONG_CLIENT.format("an asynchronous", "async_transport"))

    async def handle_async_request(self, _: Any) -> NoReturn:
        await self.__aenter__()


class ForAsynchronousClients:
    """What a synchronous client would call says what to give it instead."""

    def __enter__(self) -> NoReturn:
        raise UsageError(_WRONG_CLIENT.format("a synchronous", "transport"))

    def handle_request(self, _: Any) -> NoReturn:
        self.__enter__()


def refuse_what_cannot_send(inner: object, method: str) -> None:
    """Raise `UsageError` unless `inner` is a transport that has `method`, or `None`."""
    if inner is not None and not hasattr(inner, method):
        needed = "an asynchronous" if "async" in method else "a synchronous"
        raise UsageError(
            f"{type(inner).__name__} is not {needed} transport: transport() takes one like "
            "httpx.HTTPTransport(), async_transport() one like httpx.AsyncHTTPTransport()."
        )


def _is_transport_of(library: ModuleType, inner: type) -> bool:
    return issubclass(inner, (library.BaseTransport, library.AsyncBaseTransport))


def _refuse_the_other_library(inner: type, request_type: type) -> None:
    library = library_of(request_type)
    if _is_transport_of(library, inner):
        return
    for name in _LIBRARIES:
        other = sys.modules.get(name)
        # What others built may serve both, as our own transports do.
        is_its_own = inner.__module__.partition(".")[0] == name
        if other is not None and is_its_own and _is_transport_of(other, inner):
            raise UsageError(
                f"The client is of {library.__name__} and {inner.__name__} of {name}: give the "
                f"recorder a transport of {library.__name__}, or none."
            )


refuse_the_other_library: Callable[[type, type], None] = functools.cache(_refuse_the_other_library)
"""Raise `UsageError` if a transport is of httpx and a request of httpx2, or the other way round.

Sent through it, the request would die of an assertion without words. Asked before each call.
"""
_WRONG_CLIENT = "This transport was given to {} client, which takes one of Recorder.{}()."
