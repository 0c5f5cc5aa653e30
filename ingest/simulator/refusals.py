"""Replies with an error status, with the bodies that OpenRouter and the edge before it send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from ingest.simulator.wire_json import dumps

USER_ID: Final = "user_simulated"


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is answered with an error status and is not carried out."""

    status: int
    message: str
    metadata: Mapping[str, object] | None = None
    availability: Mapping[str, object] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str | None = None
    is_user_known: bool = True

    def response(self) -> Response:
        """The refusal as it goes over the wire."""
        if self.html is not None:
            return Response(self.html, self.status, self.headers, media_type="text/html")
        return Response(dumps(self.body()), self.status, self.headers, "application/json")

    def body(self) -> dict[str, object]:
        """OpenRouter's error body: `{"error": {"message", "code", …}, "user_id"}`."""
        error: dict[str, object] = {"message": self.message, "code": self.status}
        if self.metadata is not None:
            error["metadata"] = dict(self.metadata)
        if self.availability is not None:
            error["availability"] = dict(self.availability)
        return {"error": error} | ({"user_id": USER_ID} if self.is_user_known else {})


def missing_key() -> Refusal:
    """No `Authorization: Bearer …` came with the request."""
    return Refusal(401, "Missing Authentication header", is_user_known=False)


def management_key_required() -> Refusal:
    """An account-level meter was asked for with an ordinary key."""
    return Refusal(403, "Only management keys can perform this operation", is_user_known=False)


def unknown_model(name: str) -> Refusal:
    """The request names a model that is not in the catalogue."""
    return Refusal(
        400,
        f"{name} is not a valid model ID",
        availability={
            "code": "model_not_found",
            "retryable": False,
            "requested_models": [name],
            "docs_url": "https://openrouter.ai/docs/errors#model_not_found",
        },
    )
