"""The dashboard: reads the published warehouse, read-only, and shows what its marts say."""
