"""Where the parts are that are no Python package of their own: models, pages and notebooks."""

from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]
_INSTALLED = Path(__file__).parent / "_project"

PROJECT = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
"""Folder of `dbt_project`, `app` and `notebooks`: the checkout, or what a wheel brought."""
