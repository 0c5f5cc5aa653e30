"""`attribution.toml`: what imported calls were for, told by the names that OpenRouter gives them.

    [[rule]]
    app_name = "Colouring*"          # shell-style patterns, upper and lower case told apart
    api_key_name = "studio"          # a call without an app or key name has the empty name
    model = "google/*"               # as the export names it, without a variant such as :free
    from = 2026-04-01                # a day or an instant, UTC without an offset; included
    until = 2026-05-01               # not included
    ebook_id = "forest-animals"
    stage = "line_art"
    [rule.labels]
    series = "Forest"

Calls for several ebooks have `ebook_ids = ["forest-animals", "under-the-sea"]` instead; calls for
a whole series have no ebook, and the label `series`.

The first rule that fits a call counts; a call that none fits stays unattributed. What a rule
leaves out, it does not ask; a rule without any condition fits every call.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.errors import UnreadableFile
from ingest.imports.rule import Rule
from ingest.settings import Home

FILE_NAME = "attribution.toml"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call was for, as far as a rule says."""

    ebook_id: str | None = None
    ebook_ids: str | None = None
    """A JSON array."""
    stage: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttributionRules:
    """The rules of one file, in its order."""

    rules: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    def purpose_of(
        self, *, model: str, app_name: str | None, api_key_name: str | None, started_at: datetime
    ) -> Purpose:
        """What the first rule that fits says; an empty `Purpose` if none does."""
        for rule in self.rules:
            if rule.fits(model, app_name or "", api_key_name or "", started_at):
                return Purpose(rule.ebook_id, rule.ebook_ids_json, rule.stage, rule.labels)
        return Purpose()


def load_rules(path: Path | None) -> AttributionRules:
    """Read a rule file; no path means no rules. `UnreadableFile` names the rule and the key."""
    if path is None:
        return AttributionRules()
    tables = _tables(path)
    return AttributionRules(
        tuple(_rule(path, number, table) for number, table in enumerate(tables, start=1))
    )


def default_rules_path(home: Home) -> Path | None:
    """`attribution.toml` under `INKLEDGER_HOME` if there is one."""
    path = home.root / FILE_NAME
    return path if path.exists() else None


def _tables(path: Path) -> list[Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise UnreadableFile(f"{path.name} is not TOML: {error}.") from None
    tables = content.pop("rule", [])
    if content or not isinstance(tables, list):
        wrong = ", ".join(content) or "rule"
        raise UnreadableFile(f"{path.name}: {wrong} is unknown; write each rule as [[rule]].")
    return tables


def _rule(path: Path, number: int, table: Any) -> Rule:
    try:
        return Rule.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            names = (field.alias or name for name, field in Rule.model_fields.items())
            reason = f"unknown key; a rule knows {', '.join(names)}"
        place = f"{path.name}, rule {number}" + (f", {key}" if key else "")
        raise UnreadableFile(f"{place}: {reason}.") from None
