"""Jobs: videos and batches cost what a later question for them is told, not the call itself."""

from typing import TYPE_CHECKING

import msgspec

from ingest.wire.readers import ReplyReader, reply_reader
from ingest.wire.usage import Usage

if TYPE_CHECKING:
    import httpx

    from ingest.recording.recorder import Recorder


class JobQuestion:
    """Follows a question for a job, which costs nothing; an answer with a cost is a settlement."""

    def __init__(self, recorder: "Recorder", request: "httpx.Request", path: str) -> None:
        self.request = request
        self._recorder = recorder
        self._job_id = path.rpartition("/")[2]
        self._reader: ReplyReader | None = None

    def answer(self, _: int, headers: "httpx.Headers") -> None:
        """Any status may tell the cost: a batch is withheld with 402 until credits cover it."""
        self._reader = reply_reader(headers)

    def feed(self, chunk: bytes) -> None:
        """A piece of the answer passed on its way to the caller."""
        if self._reader is not None:
            self._recorder.guard(self._reader.feed, chunk)

    def end(self, error: BaseException | None = None) -> None:
        """The answer is whole, or not: then the next one tells."""
        reader, self._reader = self._reader, None
        if reader is None or error is not None:
            return
        reader.end()
        usage = reader.facts.usage
        if usage is not None and usage.reported_cost_usd is not None:
            # The job may have been recorded under its own id or under its generation's.
            for name in {self._job_id, reader.facts.generation_id or self._job_id}:
                self._recorder.spool.append_line(self._settlement(name, usage, reader))

    def _settlement(self, name: str, usage: Usage, reader: ReplyReader) -> bytes:
        told: dict[str, object] = {
            "generation_id": name,
            "total_cost_usd": usage.reported_cost_usd,
            "upstream_cost_usd": usage.upstream_cost_usd,
            "is_byok": usage.is_byok,
            "served_model": reader.facts.served_model,
            "provider_name": reader.facts.provider_name,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "observed_at": self._recorder.clock(),
            "observed_in": "reply",
            "items_json": reader.facts.items_json,
        }
        known = {name: value for name, value in told.items() if value is not None}
        return msgspec.json.encode({"settlements": known})
