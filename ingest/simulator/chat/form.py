"""What a text endpoint needs: the shape of its requests, and the form of its answers."""

from typing import Protocol

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.chat.plan import ChatPlan
from ingest.simulator.script import StreamForm


class AnswerForm(StreamForm, Protocol):
    """One endpoint's way to tell a planned answer, streamed or not."""

    def __init__(self, call: Call, plan: ChatPlan) -> None: ...

    def body(self) -> tuple[dict[str, object], Outcome]:
        """The body with HTTP 200, which may tell of a failure, and what the call comes to."""
