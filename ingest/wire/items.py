"""The items of a batch: whose they are, and how many tokens each took. No text is kept."""

import msgspec
from msgspec import Raw

from ingest.wire.documents import read, read_list
from ingest.wire.fields import session_field
from ingest.wire.shapes import Item, UsageDocument
from ingest.wire.usage import Usage, usage_of


def items_in(results: Raw) -> str:
    """A JSON array: of each item its number, `custom_id` and tokens; what is unknown is left out.

    A `custom_id` of several words is its SHA-256.
    """
    items = [_told(*each) for each in enumerate(read_list(results, Item), 1)]
    return msgspec.json.encode(items).decode()


def _told(number: int, item: Item) -> dict[str, str | int]:
    usage = _usage(item)
    told = {
        "item_number": number,
        "custom_id": session_field(item.custom_id),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
    }
    return {name: value for name, value in told.items() if value is not None}


def _usage(item: Item) -> Usage:
    body = item.response.body if item.response is not None else None
    said = read(body.usage, UsageDocument) if body is not None and len(body.usage) else None
    return usage_of(said) if said is not None else Usage()
