"""The events of a streamed `POST /images`: a first glimpse, then the picture and its usage."""

from collections.abc import Mapping, Sequence

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.delivery import Ending, ending_of
from ingest.simulator.sse import DONE, data_event, split_unevenly
from ingest.simulator.stream_delivery import StreamScript


def script_images(
    call: Call,
    pictures: Sequence[Mapping[str, object]],
    usage: Mapping[str, object] | None,
    whole: Outcome,
    nothing: Outcome,
) -> StreamScript:
    """What is sent. A picture is charged whole or, when the stream breaks before it, not at all."""
    ending = ending_of(call.fault)
    glimpse = data_event(
        {
            "type": "image_generation.partial_image",
            "partial_image_index": 0,
            "b64_json": pictures[0]["b64_json"],
        }
    )
    is_broken = ending is not Ending.COMPLETE
    completed = [] if is_broken else _completed(call, pictures, usage)
    lines = [(glimpse, 0), *((text, len(pictures)) for text in completed)]
    events = split_unevenly(lines, call.draw, ending is Ending.CUT)
    return StreamScript(events, 1, nothing if is_broken else whole, ending)


def _completed(
    call: Call, pictures: Sequence[Mapping[str, object]], usage: Mapping[str, object] | None
) -> list[str]:
    chunks: list[dict[str, object]] = [
        {
            "type": "image_generation.completed",
            **picture,
            "created": int(call.received_at.timestamp()),
        }
        for picture in pictures
    ]
    if usage is not None:
        chunks[-1]["usage"] = dict(usage)
    return [*(data_event(chunk) for chunk in chunks), DONE]
