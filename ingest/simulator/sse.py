"""Server-sent events as bytes: framing, comments, and boundaries in awkward places."""

from collections.abc import Iterable, Mapping

from ingest.simulator.seeding import Draw
from ingest.simulator.stream_delivery import StreamEvent
from ingest.simulator.wire_json import dumps

DONE = "data: [DONE]\n\n"
COMMENT = ": OPENROUTER PROCESSING\n\n"


def data_event(content: Mapping[str, object]) -> str:
    """One event whose data is a JSON object."""
    return f"data: {dumps(dict(content))}\n\n"


def named_event(content: Mapping[str, object]) -> str:
    """The same with its type as the event's name, too."""
    return f"event: {content['type']}\n{data_event(content)}"


def split_unevenly(
    lines: Iterable[tuple[bytes, int]], draw: Draw, is_torn: bool
) -> tuple[StreamEvent, ...]:
    """The same bytes in other portions: the end of each event leaves together with the next.

    The cut falls inside the JSON, and inside a character wherever there is one of several bytes.
    Of a torn stream the end of the last event never leaves.
    """
    events: list[StreamEvent] = []
    held_back, piece_count = b"", 0
    for content, piece_count in lines:
        cut = _cut(content, Draw.of(draw.key.hex(), "cut", len(events)))
        events.append(StreamEvent(held_back + content[:cut], piece_count))
        held_back = content[cut:]
    if events and not is_torn:
        last = events.pop()
        events.append(StreamEvent(last.content + held_back, piece_count))
    return tuple(events)


def _cut(content: bytes, draw: Draw) -> int:
    inside = [place for place, byte in enumerate(content) if byte & 0xC0 == 0x80]
    if inside:
        return draw.choice("inside_character", inside)
    return draw.integer("anywhere", 1, len(content))
