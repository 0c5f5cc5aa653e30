"""What OpenRouter documents of when it charges."""

NEVER_BILLED = frozenset((400, 401, 402, 403, 404, 413, 422, 429, 503, 529))
"""Refusals that cost nothing."""
