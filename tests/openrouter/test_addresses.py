"""Where a client sends its calls."""

import pytest

from ingest.errors import UsageError
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.openrouter.client import OpenRouter


@pytest.mark.parametrize("kind", [OpenRouter, AsyncOpenRouter])
@pytest.mark.parametrize("base_url", ["openrouter.ai", "ftp://openrouter.ai/api/v1", "/api/v1"])
def test_what_is_no_address_is_refused_before_any_call(
    kind: type[OpenRouter | AsyncOpenRouter], base_url: str
) -> None:
    with pytest.raises(UsageError, match="must begin with https://"):
        kind("sk-or-v1-x", base_url=base_url)
