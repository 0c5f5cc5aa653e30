"""What a budget was told, checked: everything about it that can be copied."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.budgets.scope import Scope, hash_of
from ingest.clock import Clock
from ingest.errors import UsageError
from ingest.identifiers import UNATTRIBUTED
from ingest.money import LARGEST_USD

_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Terms:
    """The arguments of a `Budget`; money in USD."""

    limit_usd: Decimal
    scope: Scope
    per: str | None
    soft_limit_usd: Decimal | None
    unknown_call_usd: Decimal
    output_tokens: int
    refresh_seconds: float
    clock: Clock

    @classmethod
    def checked(
        cls,
        usd: Any,
        ebook_id: Any,
        run_id: Any,
        api_key: Any,
        api_key_hash: Any,
        per: Any,
        soft_limit: Any,
        unknown_call_usd: Any,
        output_tokens: Any,
        refresh_seconds: Any,
        clock: Clock,
    ) -> "Terms":
        """Raises `UsageError` for what makes no limit, or one that no call would ever meet."""
        if per not in (None, "day", "run"):
            raise UsageError(f"A budget is per 'day', per 'run' or for all, not per {per!r}.")
        for name, value in (("ebook_id", ebook_id), ("run_id", run_id)):
            if value is not None and (not isinstance(value, str) or value in ("", UNATTRIBUTED)):
                raise UsageError(f"The {name} of a budget is one that calls have, not {value!r}.")
        if not isinstance(refresh_seconds, int | float) or not refresh_seconds >= 0:
            raise UsageError(f"refresh_seconds is a number from 0 on, not {refresh_seconds!r}.")
        if type(output_tokens) is not int or output_tokens <= 0:
            raise UsageError(f"output_tokens of a budget is a count from 1, not {output_tokens!r}.")
        limit_usd = _amount("usd", usd)
        return cls(
            limit_usd,
            Scope(ebook_id, run_id, _hash(api_key, api_key_hash), per == "day"),
            per,
            None if soft_limit is None else limit_usd * _share(soft_limit),
            _amount("unknown_call_usd", unknown_call_usd),
            output_tokens,
            refresh_seconds,
            clock,
        )


def _hash(api_key: Any, api_key_hash: Any) -> str | None:
    # Neither is quoted: what was given in the wrong place may be a key.
    if api_key is None and api_key_hash is None:
        return None
    if api_key is not None and api_key_hash is not None:
        raise UsageError("A budget takes api_key or api_key_hash, not both.")
    if api_key is not None:
        if not isinstance(api_key, str) or not api_key.strip():
            raise UsageError("The api_key of a budget is empty; leave it out for all keys.")
        return hash_of(api_key)
    if not isinstance(api_key_hash, str) or not _HASH.fullmatch(api_key_hash):
        raise UsageError("An api_key_hash is a SHA-256 of 64 lower-case hexadecimal digits.")
    return api_key_hash


def _share(soft_limit: Any) -> Decimal:
    share = _decimal(soft_limit)
    if share is None or not 0 < share <= 1:
        raise UsageError(
            f"soft_limit is a share above 0 and up to 1, as text like '0.8', not {soft_limit!r}."
        )
    return share


def _amount(name: str, value: Any) -> Decimal:
    amount = _decimal(value)
    if amount is None or not 0 <= amount < LARGEST_USD:
        raise UsageError(
            f"{name} must be an amount from 0 to {LARGEST_USD}, as '5.00', not {value!r}."
        )
    return amount


def _decimal(value: Any) -> Decimal | None:
    # Floats are refused, whatever they hold: money is never one.
    if not isinstance(value, str | Decimal | int) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
