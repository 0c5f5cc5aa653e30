"""`legacy.toml`: what the names of the old back office are called here.

    [ebooks]
    17 = "forest-animals"                # an old ebook id, and the ebook's id here
    [requests]
    "req-2025-11-03" = "forest-first"    # an old request id, and the run's id here

What is not in it keeps its own name.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import UnreadableFile
from ingest.identifiers import RESERVED_EBOOKS
from ingest.settings import Home

FILE_NAME = "legacy.toml"


@dataclass(frozen=True, slots=True)
class LegacyNames:
    """Old name → name here."""

    ebooks: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)


def load_mapping(path: Path) -> LegacyNames:
    """Read a mapping file. `UnreadableFile` names the key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise UnreadableFile(f"{path.name} is not TOML: {error}.") from None
    ebooks, runs = (_names(path, content.pop(table, {}), table) for table in ("ebooks", "requests"))
    if content:
        raise UnreadableFile(
            f"{path.name}: {', '.join(content)} is unknown; it has [ebooks] and [requests]."
        )
    for new in ebooks.values():
        if new in RESERVED_EBOOKS:
            raise UnreadableFile(f"{path.name}: {new!r} is {RESERVED_EBOOKS[new]}.")
    return LegacyNames(ebooks, runs)


def default_mapping_path(home: Home) -> Path | None:
    """`legacy.toml` under `INKLEDGER_HOME` if there is one."""
    path = home.root / FILE_NAME
    return path if path.exists() else None


def _names(path: Path, table: Any, name: str) -> dict[str, str]:
    if not isinstance(table, dict):
        raise UnreadableFile(f"{path.name}: write [{name}] above the names.")
    for old, new in table.items():
        if not isinstance(new, str) or not new.strip():
            raise UnreadableFile(f'{path.name}, [{name}] {old}: write a name, as {old} = "a-name".')
    return table
