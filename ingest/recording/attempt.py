"""One attempt on its way: what its headers, its body and its end say, written as they come."""

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import ValidationError

from ingest.recording.runs import Run
from ingest.records import Status, UsageEvent
from ingest.wire.readers import ReplyReader, reply_reader
from ingest.wire.reply import ReplyFacts

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder


class Attempt:
    """Follows one request from its start to its end; ends once, whatever ends it."""

    def __init__(self, recorder: "Recorder", start: UsageEvent, run: Run | None) -> None:
        self._recorder = recorder
        self._event = start
        self._run = run
        self._reader: ReplyReader | None = None
        self._first_byte_at: datetime | None = None
        self._is_ended = False
        self._process_id = os.getpid()

    def answer(self, http_status: int, headers: httpx.Headers) -> None:
        """The headers came. Written at once: with the generation id a killed call is settled."""
        self._reader = reply_reader(headers)
        told = _told(self._reader.facts)
        self._event = self._event.model_copy(update={"http_status": http_status, **told})
        self._recorder.spool.append("usage_events", self._event)

    def feed(self, chunk: bytes) -> None:
        """A piece of the body passed on its way to the caller."""
        self._first_byte_at = self._first_byte_at or self._recorder.clock()
        if self._reader is not None:
            self._reader.feed(chunk)

    def end(self, error: BaseException | None = None) -> None:
        """The body came to its end, or `error` ended it: `GeneratorExit` if its reader left."""
        # A forked child closes its copy of the stream; the call goes on in the parent.
        if self._is_ended or self._process_id != os.getpid():
            return
        self._is_ended = True
        facts = ReplyFacts()
        if self._reader is not None:
            self._recorder.guard(self._reader.end)
            facts = self._reader.facts
        status, error_type = _verdict(self._event.http_status, facts, error)
        end = {
            "status": status,
            "error_type": error_type,
            "first_byte_at": self._first_byte_at,
            "finished_at": self._recorder.clock(),
        }
        self._finish({**dict(self._event), **_told(facts), **end})

    def _finish(self, row: dict[str, Any]) -> None:
        try:
            self._event = UsageEvent.model_validate(row)
        except ValidationError:
            # The raw row goes to the spool, and from there with its reason to quarantine;
            # the attempt stays in the ledger as in doubt.
            self._recorder.spool.append_line(json.dumps({"usage_events": row}, default=str))
        else:
            self._recorder.spool.append("usage_events", self._event)
        if self._run is not None:
            self._run.add(self._event)
        self._recorder.bus.publish(self._event)


def _told(facts: ReplyFacts) -> dict[str, Any]:
    """What the reply said, without what it left open."""
    said = {
        "generation_id": facts.generation_id,
        "served_model": facts.served_model,
        "provider_name": facts.provider_name,
        "finish_reason": facts.finish_reason,
        "output_image_count": facts.output_image_count,
        "usage_json": facts.usage_json,
        **(vars(facts.usage) if facts.usage is not None else {}),
    }
    return {name: value for name, value in said.items() if value is not None}


def _verdict(
    http_status: int | None, facts: ReplyFacts, error: BaseException | None
) -> tuple[Status, str | None]:
    if http_status is not None and not 200 <= http_status < 300:
        return "failed", facts.error_type or f"http_{http_status}"
    if facts.error_type is not None:
        return "failed", facts.error_type
    if facts.is_whole or (facts.is_whole is None and error is None):
        return "succeeded", None
    return ("failed", "incomplete_reply") if error is None else _broken(error)


def _broken(error: BaseException) -> tuple[Status, str]:
    if isinstance(error, GeneratorExit):
        return "cancelled", "closed_early"
    name = type(error).__name__
    # By name: httpx and httpx2 have exceptions of their own. A connection that never stood
    # failed; a client that ran out of patience, or was stopped, gave up a call that may be billed.
    gave_up = name.endswith("Timeout") and name not in ("ConnectTimeout", "PoolTimeout")
    return ("cancelled" if gave_up or not isinstance(error, Exception) else "failed"), name
