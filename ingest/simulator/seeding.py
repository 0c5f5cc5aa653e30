"""All chance in the simulator: a function of the seed and the request, never a shared generator.

So the same requests cost the same whatever their order and however many run at once.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Option = TypeVar("Option")


@dataclass(frozen=True)
class Draw:
    """Repeatable chance for one request: the same key and purpose always give the same answer."""

    key: bytes

    @classmethod
    def of(cls, *parts: object) -> "Draw":
        """The chance that belongs to these parts, whose text decides everything."""
        return cls(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest())

    def fraction(self, purpose: str) -> float:
        """A number from 0 up to, and without, 1."""
        return self._integer(purpose) / 2**64

    def between(self, purpose: str, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.fraction(purpose)

    def integer(self, purpose: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self._integer(purpose) % (high - low + 1)

    def chance(self, purpose: str, probability: float) -> bool:
        """True as often as `probability` says."""
        return self.fraction(purpose) < probability

    def choice(self, purpose: str, options: Sequence[Option]) -> Option:
        """One of the options, all equally likely."""
        return options[self._integer(purpose) % len(options)]

    def token(self, purpose: str, length: int) -> str:
        """Letters and digits, as the random part of an id has them (at most 40)."""
        number = int.from_bytes(self._digest(purpose))
        letters = []
        for _ in range(length):
            number, position = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[position])
        return "".join(letters)

    def _integer(self, purpose: str) -> int:
        return int.from_bytes(self._digest(purpose)[:8])

    def _digest(self, purpose: str) -> bytes:
        return hashlib.sha256(self.key + purpose.encode()).digest()


class Ordinals:
    """Counts how often the same thing was asked before."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[object, ...]] = Counter()

    def next(self, *identity: object) -> int:
        """0 for the first time, 1 for the second, and so on."""
        ordinal = self._counts[identity]
        self._counts[identity] += 1
        return ordinal
