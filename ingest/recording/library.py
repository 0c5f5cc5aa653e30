"""httpx or httpx2, its successor with the same interface: whichever a program uses."""

import sys
from types import ModuleType
from typing import Any

_libraries: dict[type, ModuleType] = {}


def library_of(message: Any) -> ModuleType:
    """The library of a request or response, also of a type of one's own."""
    kind = type(message)
    library = _libraries.get(kind)
    if library is None:
        library = _libraries[kind] = _find(kind)
    return library


def _find(message_type: type) -> ModuleType:
    modules = (sys.modules[kind.__module__.partition(".")[0]] for kind in message_type.__mro__)
    return next(module for module in modules if hasattr(module, "AsyncHTTPTransport"))
