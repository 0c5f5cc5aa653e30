"""What running programs have recorded and `seal` could not land yet."""

from pathlib import Path

import msgspec

from ingest.recording.segment import whole_lines


def unsealed_generations(spool: Path) -> dict[str, str]:
    """Attempt → generation id, as far as the spool tells them."""
    calls = (_lines.decode(line).usage_events for line in whole_lines(spool) if _is_call(line))
    return {call.event_id: call.generation_id for call in calls if call and call.generation_id}


class _Call(msgspec.Struct):
    event_id: str
    generation_id: str | None = None


class _Line(msgspec.Struct):
    usage_events: _Call | None = None


_lines = msgspec.json.Decoder(_Line)


def _is_call(line: bytes) -> bool:
    return line.startswith(b'{"usage_events"') and b'"generation_id"' in line
