"""The pulls as they are ordered: what was recorded is sealed first, with the keys there are.

Each raises `KeyMissing` for want of a key, and whatever the pull itself raises.
"""

from contextlib import ExitStack

import httpx

from ingest.lake import Lake, naming_spoilt_files
from ingest.pull.activity import pull_activity
from ingest.pull.balances import pull_account, pull_key
from ingest.pull.generations import GenerationsResult, pull_generations
from ingest.pull.prices import pull_prices
from ingest.pull.provider import API_KEY, MANAGEMENT_KEY, Progress, provider_client
from ingest.pull.result import PullResult
from ingest.pull.settlements import pull_settlements
from ingest.seal import seal
from ingest.settings import Home, Settings


def order_settlements(settings: Settings, progress: Progress | None = None) -> PullResult:
    """What calls cost after all; with a management key, lost ones are looked for as well."""
    home = Home(settings.home)
    seal(home)
    with ExitStack() as stack:
        lake = stack.enter_context(naming_spoilt_files(Lake(home.lake)))
        client = stack.enter_context(_client(settings, settings.openrouter_api_key, API_KEY))
        key = settings.openrouter_management_key
        management = stack.enter_context(_client(settings, key, MANAGEMENT_KEY)) if key else None
        return pull_settlements(
            lake, client, management=management, spool=home.spool, progress=progress
        )


def order_prices(settings: Settings) -> PullResult:
    """What models are listed at; no key is needed."""
    with (
        naming_spoilt_files(Lake(Home(settings.home).lake)) as lake,
        _client(settings, settings.openrouter_api_key) as client,
    ):
        return pull_prices(lake, client)


def order_activity(settings: Settings) -> tuple[PullResult, GenerationsResult]:
    """OpenRouter's sums of each day, and the generations of days on which they differ."""
    home = Home(settings.home)
    seal(home)
    with (
        naming_spoilt_files(Lake(home.lake)) as lake,
        _client(settings, settings.openrouter_management_key, MANAGEMENT_KEY) as client,
    ):
        return pull_activity(lake, client), pull_generations(lake, client)


def order_balances(settings: Settings) -> PullResult:
    """The account and every key, or without a management key the one that makes calls."""
    key, management_key = settings.openrouter_api_key, settings.openrouter_management_key
    with naming_spoilt_files(Lake(Home(settings.home).lake)) as lake:
        if management_key:
            with _client(settings, management_key, MANAGEMENT_KEY) as management:
                return pull_account(lake, management)
        with _client(settings, key, API_KEY) as client:
            return pull_key(lake, client, key or "")


def _client(settings: Settings, key: str | None, key_variable: str | None = None) -> httpx.Client:
    return provider_client(settings.openrouter_base_url, key, key_variable=key_variable)
