"""What is not installed everywhere: which extra brings a module that a command needs."""

import importlib.util

from ingest.errors import InkledgerError

_EXTRAS = {
    "dbt": "warehouse",
    "duckdb": "warehouse",
    "filelock": "warehouse",
    "marimo": "notebooks",
    "psycopg": "legacy",
    "starlette": "simulate",
    "streamlit": "app",
    "uvicorn": "simulate",
}


def require(module: str) -> None:
    """Raises `InkledgerError` where the module is not installed."""
    if importlib.util.find_spec(module) is None:
        raise InkledgerError(_told(module))


def told_missing(module: str | None) -> str | None:
    """What to install for a module; None for one that is always there, or should be."""
    name = (module or "").partition(".")[0]
    return _told(name) if name in _EXTRAS else None


def _told(name: str) -> str:
    extra = _EXTRAS[name]
    return f"This needs {name}, which is not installed: pip install 'inkledger[{extra}]'."
