"""One rule of `attribution.toml`, held to its form."""

from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from ingest.identifiers import RESERVED_EBOOKS, list_ids

RESERVED_LABELS = frozenset({"app_name", "api_key_name", "user"})
"""Every imported call has these from its export; a rule cannot say them."""


def _to_instant(value: Any) -> datetime:
    if not isinstance(value, date):
        raise ValueError("write a day or an instant without quotes, as 2026-04-01")
    instant = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    try:
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is not in the calendar") from None


_Text = Annotated[str, StringConstraints(strict=True, min_length=1)]
_Pattern = Annotated[str, StringConstraints(strict=True)]
_Moment = Annotated[datetime, BeforeValidator(_to_instant)]


class Rule(BaseModel):
    """One `[[rule]]`: conditions that must all hold, and what then holds of the call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_name: _Pattern | None = None
    api_key_name: _Pattern | None = None
    model: _Pattern | None = None
    begins_at: _Moment | None = Field(default=None, alias="from")
    ends_at: _Moment | None = Field(default=None, alias="until")
    ebook_id: _Text | None = None
    ebook_ids: frozenset[_Text] | None = None
    stage: _Text | None = None
    labels: dict[_Text, _Text] = Field(default_factory=dict)

    def fits(self, model: str, app_name: str, api_key_name: str, started_at: datetime) -> bool:
        """Whether all conditions hold."""
        return (
            _matches(model, self.model)
            and _matches(app_name, self.app_name)
            and _matches(api_key_name, self.api_key_name)
            and (self.begins_at is None or self.begins_at <= started_at)
            and (self.ends_at is None or started_at < self.ends_at)
        )

    @property
    def ebook_ids_json(self) -> str | None:
        """The ebooks that share a call as a JSON array, `None` without any."""
        return list_ids(self.ebook_ids) if self.ebook_ids else None

    @field_validator("ebook_id", "ebook_ids")
    @classmethod
    def _are_ebooks(cls, said: str | frozenset[str] | None) -> str | frozenset[str] | None:
        ebook_ids = {said} if isinstance(said, str) else said or ()
        if reserved := sorted(RESERVED_EBOOKS.keys() & ebook_ids):
            raise ValueError(f"{reserved[0]!r} is {RESERVED_EBOOKS[reserved[0]]}")
        if said is not None and not isinstance(said, str) and len(said) < 2:
            raise ValueError("name several; one is an ebook_id")
        return said

    @field_validator("labels")
    @classmethod
    def _are_free_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        if taken := sorted(RESERVED_LABELS & labels.keys()):
            raise ValueError(f"{', '.join(taken)} come from the export: choose other names")
        return labels

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.ebook_id and self.ebook_ids:
            raise ValueError("give either ebook_id or ebook_ids, not both")
        if not (self.ebook_id or self.ebook_ids or self.stage or self.labels):
            raise ValueError("it says nothing: give ebook_id, ebook_ids, stage or labels")
        if self.begins_at and self.ends_at and self.begins_at >= self.ends_at:
            raise ValueError("`from` is not before `until`, so it fits no call")
        return self


def _matches(name: str, pattern: str | None) -> bool:
    return pattern is None or fnmatchcase(name, pattern)
