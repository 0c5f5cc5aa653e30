"""httpx or httpx2, its successor with the same interface: whichever a program uses."""

import functools
import sys
from collections.abc import Callable
from types import ModuleType


def _find(message_type: type) -> ModuleType:
    modules = (sys.modules[kind.__module__.partition(".")[0]] for kind in message_type.__mro__)
    return next(module for module in modules if hasattr(module, "AsyncHTTPTransport"))


library_of: Callable[[type], ModuleType] = functools.cache(_find)
"""The library of a type of requests or responses, also of one's own."""
