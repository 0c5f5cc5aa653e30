"""Which imported calls the lake holds already, and whether a row read again adds to them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from ingest.imports.calls import NAMED_BY_OPENROUTER
from ingest.lake import Lake
from ingest.records import UsageEvent


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What the newest landing of an imported call says that a later file could say otherwise."""

    ebook_id: str | None
    ebook_ids: str | None
    stage: str | None
    labels: Mapping[str, str]
    cost_usd: Decimal | None

    @classmethod
    def of(cls, call: UsageEvent) -> Self:
        """What a call that was just read says."""
        labels = json.loads(call.labels or "{}")
        return cls(call.ebook_id, call.ebook_ids, call.stage, labels, call.reported_cost_usd)

    def is_improved_by(self, other: Self, *, under_rules: bool) -> bool:
        """Whether `other`, the same call read now, is to land again.

        It is when it tells a cost that was not known, or when today's rules attribute it
        otherwise. It never takes anything away: a file without app or key names says nothing
        about a call whose names are known, and an import without rules undoes no rule.
        """
        if not self.names.items() <= other.names.items():
            return False
        if self.is_attributed and not under_rules:
            return False
        tells_cost = self.cost_usd is None and other.cost_usd is not None
        return tells_cost or replace(self, cost_usd=None) != replace(other, cost_usd=None)

    @property
    def names(self) -> dict[str, str]:
        """The labels that OpenRouter gave."""
        return {name: self.labels[name] for name in NAMED_BY_OPENROUTER if name in self.labels}

    @property
    def is_attributed(self) -> bool:
        """Whether a rule said something about it."""
        for_ebooks = self.ebook_id or self.ebook_ids
        return bool(for_ebooks or self.stage or self.labels.keys() - self.names.keys())


def known_calls(lake: Lake) -> dict[str, KnownCall]:
    """`event_id` → what its newest landing says, of every imported call in the lake."""
    rows = lake.scan("usage_events").sql(
        "select event_id, ebook_id, ebook_ids, stage, labels, reported_cost_usd from self "
        "where source = 'activity_export' order by landed_at"
    )
    return {
        event_id: KnownCall(ebook_id, ebook_ids, stage, json.loads(labels or "{}"), cost_usd)
        for event_id, ebook_id, ebook_ids, stage, labels, cost_usd in rows.collect().iter_rows()
    }
