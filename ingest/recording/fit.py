"""Which transports and clients go together; one clear sentence for those that do not."""

import sys
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


def refuse_the_other_library(inner: object, request: Any) -> None:
    """Raise `UsageError` if `inner` is of httpx and the client of httpx2, or the other way round.

    Sent through it, the request would die of an assertion without words.
    """
    library = library_of(request)
    if isinstance(inner, (library.BaseTransport, library.AsyncBaseTransport)):
        return
    for name in _LIBRARIES:
        other = sys.modules.get(name)
        if other is not None and _is_its_own(inner, other):
            raise UsageError(
                f"The client is of {library.__name__} and {type(inner).__name__} of {name}: give "
                f"the recorder a transport of {library.__name__}, or none."
            )


def _is_its_own(inner: object, library: Any) -> bool:
    # What others built may serve both, as our own transports do.
    is_transport = isinstance(inner, (library.BaseTransport, library.AsyncBaseTransport))
    return is_transport and type(inner).__module__.partition(".")[0] == library.__name__


_WRONG_CLIENT = "This transport was given to {} client, which takes one of Recorder.{}()."
