"""Our own clients for OpenRouter, on httpx, recorded by construction."""
