"""The course of a stream, the same at every endpoint: what is sent, and what is charged when."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.delivery import Ending, ending_of
from ingest.simulator.faults import Fault
from ingest.simulator.sse import COMMENT, split_unevenly
from ingest.simulator.stream_delivery import StreamScript
from ingest.simulator.wire_bytes import wire_bytes

Line = tuple[str, int]
"""The text of an event, and how many pieces of the answer are out after it."""

FAILURES: Final = (Fault.ERROR_MID_STREAM, Fault.ERROR_WITH_USAGE)


class Answer(Protocol):
    """What a model has to say, and what each way to end it comes to."""

    @property
    def piece_count(self) -> int:
        """The parts in which a stream gives it."""

    def finished(self) -> Outcome:
        """It was produced whole; that is charged even if nobody reads it."""

    def interrupted(self, piece_count: int) -> Outcome:
        """The stream broke off after so many pieces."""

    def failed(self, piece_count: int) -> Outcome:
        """The provider failed after so many pieces."""


class StreamForm(Protocol):
    """The events by which one endpoint tells an answer."""

    def opening(self) -> Iterable[str]:
        """Before the first piece."""

    def piece(self, number: int) -> str:
        """One piece, numbered from 0."""

    def finish(self) -> Iterable[str]:
        """After the last piece, before anything is charged."""

    def settlement(self) -> Iterable[str]:
        """The end, usage included."""

    def failure(self, outcome: Outcome) -> Iterable[str]:
        """The end that an error makes."""


def script_stream(call: Call, answer: Answer, form: StreamForm) -> StreamScript:
    """What is sent for this call, and what is charged before which event."""
    ending = ending_of(call.fault)
    closing: Iterable[str] = ()
    count = call.draw.integer("produced", 0, answer.piece_count)
    if ending is Ending.TORN:
        count, outcome = answer.piece_count, answer.finished()
    elif ending is not Ending.COMPLETE:
        outcome = answer.interrupted(count)
    elif call.fault in FAILURES:
        outcome = answer.failed(count)
        closing = form.failure(outcome)
    else:
        count, outcome, closing = answer.piece_count, answer.finished(), form.settlement()
    lines = [*_opening(call, form), *_answer(call, answer, form, count)]
    told = [*lines, *((text, count) for text in closing)]
    content = ((wire_bytes(text, call.fault), out) for text, out in told)
    events = split_unevenly(content, call.draw, is_torn=ending in (Ending.CUT, Ending.TORN))
    return StreamScript(events, len(lines), outcome, ending)


def _opening(call: Call, form: StreamForm) -> Iterator[Line]:
    for _ in range(call.draw.integer("comments", 0, 4)):
        yield COMMENT, 0
    for text in form.opening():
        yield text, 0


def _answer(call: Call, answer: Answer, form: StreamForm, count: int) -> Iterator[Line]:
    for number in range(count):
        yield form.piece(number), number + 1
        if call.draw.chance(f"comment{number + 1}", 0.1):
            yield COMMENT, number + 1
    if count == answer.piece_count and call.fault not in FAILURES:
        for text in form.finish():
            yield text, count
