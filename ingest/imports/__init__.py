"""Reads what was recorded elsewhere and lands it: OpenRouter's activity exports."""
