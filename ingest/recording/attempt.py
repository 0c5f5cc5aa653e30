"""One attempt on its way: what its headers, its body and its end say, written as they come."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import ValidationError

from ingest.recording.runs import Run
from ingest.records import Status, UsageEvent
from ingest.wire.reply import ReplyFacts, ReplyReader, reply_reader

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

    def answer(self, http_status: int, headers: httpx.Headers) -> None:
        """The headers came. Written at once: with the generation id a killed call is settled."""
        self._reader = reply_reader(headers)
        self._event = self._event.model_copy(
            update={
                "http_status": http_status,
                "generation_id": headers.get("x-generation-id"),
                "provider_name": headers.get("x-provider-name"),
            }
        )
        self._recorder.spool.append("usage_events", self._event)

    def feed(self, chunk: bytes) -> None:
        """A piece of the body passed on its way to the caller."""
        self._first_byte_at = self._first_byte_at or self._recorder.clock()
        if self._reader is not None:
            self._reader.feed(chunk)

    def end(self, error: BaseException | None = None, *, is_closed_early: bool = False) -> None:
        """The body came to its end, broke with `error`, or was closed before it was whole."""
        if self._is_ended:
            return
        self._is_ended = True
        if self._reader is not None:
            self._reader.end()
        facts = self._reader.facts if self._reader is not None else ReplyFacts()
        status, error_type = _verdict(self._event.http_status, facts, error, is_closed_early)
        self._write(
            {
                **dict(self._event),
                **_told(facts),
                "status": status,
                "error_type": error_type,
                "first_byte_at": self._first_byte_at,
                "finished_at": self._recorder.clock(),
            }
        )

    def _write(self, row: dict[str, Any]) -> None:
        try:
            event = UsageEvent.model_validate(row)
        except ValidationError:
            # The raw row goes to the spool, and from there with its reason to quarantine;
            # the attempt stays in the ledger as in doubt.
            self._recorder.spool.append_line(json.dumps({"usage_events": row}, default=str))
            return
        self._recorder.spool.append("usage_events", event)
        if self._run is not None:
            self._run.add(event, self._recorder)
        self._recorder.bus.publish(event)


def _told(facts: ReplyFacts) -> dict[str, Any]:
    """What the reply said, without what it left open: the headers may have said that."""
    said = {
        "generation_id": facts.generation_id,
        "served_model": facts.served_model,
        "provider_name": facts.provider_name,
        "finish_reason": facts.finish_reason,
        "output_image_count": facts.output_image_count,
        "usage_json": facts.usage_json,
        **(asdict(facts.usage) if facts.usage is not None else {}),
    }
    return {name: value for name, value in said.items() if value is not None}


def _verdict(
    http_status: int | None, facts: ReplyFacts, error: BaseException | None, is_closed_early: bool
) -> tuple[Status, str | None]:
    if http_status is not None and http_status >= 400:
        return "failed", facts.error_type or f"http_{http_status}"
    if facts.error_type is not None:
        return "failed", facts.error_type
    if facts.is_whole:
        return "succeeded", None
    if error is not None:
        return _broken(error)
    return ("cancelled", "closed_early") if is_closed_early else ("failed", "incomplete_reply")


def _broken(error: BaseException) -> tuple[Status, str]:
    name = type(error).__name__
    # By name: httpx and httpx2 have exceptions of their own. A connection that never stood
    # failed; a client that ran out of patience, or was stopped, gave up a call that may be billed.
    gave_up = name.endswith("Timeout") and name not in ("ConnectTimeout", "PoolTimeout")
    return ("cancelled" if gave_up or not isinstance(error, Exception) else "failed"), name
