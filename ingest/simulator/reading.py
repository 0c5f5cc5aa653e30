"""Reads the body of a request: its JSON or its form, its shape, and what it asks a model for."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingest.simulator.forms import read_form
from ingest.simulator.refusals import Refusal

_WHOM = ("user", "session_id")
Asked = TypeVar("Asked", bound=BaseModel)


def parse(raw: bytes, content_type: str) -> Any:
    """JSON, or the fields of a form; raises `Refusal` (400) for what is neither."""
    if content_type.startswith("multipart/form-data"):
        return read_form(raw, content_type)
    try:
        return json.loads(raw)
    except ValueError as error:
        raise Refusal(400, "The request body is not valid JSON") from error


def what_is_asked(body: Any) -> bytes:
    """The request without whom it is for: a model answers everybody alike."""
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in _WHOM}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def read_as(body: Any, shape: type[Asked]) -> Asked:
    """The body in its endpoint's shape; raises `Refusal` (400) with what is wrong."""
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal(400, f"{place}: {first['msg']}") from error
