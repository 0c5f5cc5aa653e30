"""Budgets: a call that could pass a limit is not sent."""
