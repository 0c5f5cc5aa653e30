"""The time, passed in where it is needed so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

Clock = Callable[[], datetime]

utc_now: Clock = partial(datetime.now, UTC)
"""The present instant, in UTC."""
