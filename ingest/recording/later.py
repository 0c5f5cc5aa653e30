"""What asks later, while the program runs, for costs that replies did not tell."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ingest.recording.recorder import Recorder


class LaterQuestions(Protocol):
    """Given to a recorder as `settler`; told of its attempts whose cost nobody has said."""

    def attach(self, recorder: "Recorder") -> None:
        """Before the first call: the recorder whose calls are asked for."""

    def ask_for(self, generation_id: str, http_status: int | None) -> None:
        """An attempt ended without telling its cost; perhaps told twice."""

    def close(self) -> None:
        """Ask no more, until another attempt ends so."""
