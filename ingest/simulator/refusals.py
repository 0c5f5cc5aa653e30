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
    code: int | None = None
    """What the body says, where HTTP says 200 all the same."""

    def response(self, path: str = "") -> Response:
        """The refusal as it goes over the wire, in the form of the endpoint that was asked."""
        if self.html is not None:
            return Response(self.html, self.status, self.headers, media_type="text/html")
        body = self.message_body() if path.endswith("/messages") else self.body()
        return Response(dumps(body), self.status, self.headers, "application/json")

    def body(self) -> dict[str, object]:
        """OpenRouter's error body: `{"error": {"message", "code", …}, "user_id"}`."""
        error: dict[str, object] = {"message": self.message, "code": self.code or self.status}
        if self.metadata is not None:
            error["metadata"] = dict(self.metadata)
        if self.availability is not None:
            error["availability"] = dict(self.availability)
        return {"error": error} | ({"user_id": USER_ID} if self.is_user_known else {})

    def message_body(self) -> dict[str, object]:
        """The error body of `/messages`: Anthropic's, with OpenRouter's own word beside it."""
        error: dict[str, object] = {
            "type": _MESSAGE_TYPES.get(self.code or self.status, "api_error"),
            "message": self.message,
        }
        if self.metadata is not None and "error_type" in self.metadata:
            error["error_type"] = self.metadata["error_type"]
        return {"type": "error", "error": error, "request_id": None}


_MESSAGE_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error_in_200(provider_name: str, headers: dict[str, str]) -> Refusal:
    """HTTP 200 was promised before the provider failed: the body is an error and nothing else."""
    metadata = {"raw": "temporarily rate-limited upstream", "provider_name": provider_name}
    return Refusal(200, "Provider returned error", metadata, headers=headers, code=429)


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
