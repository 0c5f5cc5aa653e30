"""What sqlfluff sees in place of dbt's `adapter`: it reads the models without a database."""

from collections.abc import Callable


def dispatch(macro_name: str) -> Callable[..., str]:
    """A stand-in for the engine's macro: its call, with its arguments, as one SQL expression."""
    return lambda *arguments: f"{macro_name}({', '.join(map(str, arguments))})"
