"""The wire as OpenRouter really speaks it: what a request asks and what a reply tells."""
