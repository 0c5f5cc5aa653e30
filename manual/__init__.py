"""The documentation site: `docs/` with what the code itself says put in at its markers."""
