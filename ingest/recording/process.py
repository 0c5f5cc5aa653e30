"""Which process this is. Asking the system for it takes longer than writing a line's end."""

import os

here = object()
"""What a forked child sees another of."""


def _arrive_in_child() -> None:
    global here
    here = object()


os.register_at_fork(after_in_child=_arrive_in_child)
