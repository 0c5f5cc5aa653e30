"""Asks OpenRouter, after the fact, what it charged and what it lists: its own records."""
