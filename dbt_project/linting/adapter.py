"""What sqlfluff sees in place of dbt's `adapter`: it reads the models without a database."""

from collections.abc import Callable

HINTS = ("inlined",)
"""Macros that say how, not what: nothing stands in for them."""


def dispatch(macro_name: str) -> Callable[..., str]:
    """A stand-in for the engine's macro: its call, with its arguments, as one SQL expression."""
    if macro_name in HINTS:
        return lambda: ""
    return lambda *arguments: f"{macro_name}({', '.join(map(str, arguments))})"
