"""The pages. Each is a script that the router runs; none is imported."""
