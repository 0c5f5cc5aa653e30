"""What nobody recorded is on the bill all the same, and so it is in the totals: as untracked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest import OpenRouter, Recorder, attribute
from ingest.lake import Lake
from ingest.pull.activity import pull_activity
from ingest.pull.balances import pull_account
from ingest.pull.generations import pull_generations
from ingest.pull.provider import provider_client
from ingest.seal import seal
from ingest.settings import Home
from ingest.simulator import RunningSimulator, running_simulator
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import read_ebooks, read_reconciliation, read_status

PRESS, STUDIO, OWN_KEY = "sk-or-v1-press", "sk-or-v1-studio", "sk-or-v1-byok-fee"
MODELS = ("openai/gpt-5-nano", "anthropic/claude-sonnet-4.6")


@dataclass
class Publisher:
    """A day at a simulated OpenRouter, of which the recorder saw a part."""

    home: Home
    simulator: RunningSimulator
    now: list[datetime] = field(default_factory=list)

    def call(
        self, key: str, ebook_id: str | None, model: str = MODELS[0], **shared_by: Any
    ) -> None:
        recorder = Recorder(
            self.home.root, base_url=self.simulator.base_url, clock=lambda: self.now[0]
        )
        with (
            recorder,
            OpenRouter(key, base_url=self.simulator.base_url, recorder=recorder) as client,
            attribute(ebook_id=ebook_id, **shared_by),
        ):
            if ebook_id:
                recorder.describe_ebook(ebook_id, series="Woods")
            client.chat(model=model, messages=[{"role": "user", "content": f"Draw {ebook_id}"}])

    def call_unrecorded(self, key: str, model: str = MODELS[0]) -> None:
        with httpx.Client(base_url=self.simulator.base_url) as client:
            reply = client.post(
                "/chat/completions",
                headers={"Authorization": f"Bearer {key}"},
                json={"model": model, "messages": [{"role": "user", "content": "Draw"}]},
            )
        assert reply.status_code == 200

    def ask(self) -> None:
        """What `inkledger pull credits` and `pull activity` do."""
        seal(self.home)
        lake, clock = Lake(self.home.lake), lambda: self.now[0]
        with provider_client(self.simulator.base_url, "management") as client:
            pull_account(lake, client, clock=clock)
            pull_activity(lake, client, clock=clock)
            pull_generations(lake, client, clock=clock)

    def warehouse(self) -> Path:
        return build_warehouse(self.home).warehouse

    def billed_usd(self) -> Decimal:
        return Decimal(str(self.simulator.bill()["total_usd"]))


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    # A day that is over: what happens on one side of midnight stays there.
    now = [datetime.now(UTC).replace(hour=9) - timedelta(days=2)]
    instant = (0.0, 0.0)
    with running_simulator(
        clock=lambda: now[0], settlement_delay_seconds=instant, interrupted_delay_seconds=instant
    ) as simulator:
        yield Publisher(Home(tmp_path), simulator, now)


def totals(warehouse: Path) -> dict[str, Decimal]:
    status = read_status(warehouse)
    ebooks = read_ebooks(warehouse)
    return {
        "books": sum(
            (Decimal(row["cost_usd"]) for row in ebooks if row["ebook_id"] != "unattributed"),
            Decimal(),
        ),
        "unattributed": Decimal(status["unattributed_cost_usd"]),
        "untracked": Decimal(status["untracked_usd"]),
    }


def classes(reconciliation: dict[str, Any]) -> dict[str, int]:
    return {row["class"]: row["requests"] for row in reconciliation["classes"]}


def test_books_unattributed_and_untracked_are_the_bill_to_the_last_digit(
    publisher: Publisher,
) -> None:
    publisher.ask()
    publisher.now[0] += timedelta(hours=1)
    for model in MODELS:
        publisher.call(PRESS, "forest", model)
        publisher.call(STUDIO, None, model)
        publisher.call(OWN_KEY, "river", model)
        publisher.call(PRESS, None, model, series="Woods")
        publisher.call(OWN_KEY, None, model, ebook_ids=["meadow", "river", "forest"])
    for key in (PRESS, STUDIO, OWN_KEY, "sk-or-v1-nobody-knows"):
        publisher.call_unrecorded(key)
    publisher.now[0] += timedelta(days=1)
    publisher.ask()
    warehouse = publisher.warehouse()
    shown = totals(warehouse)
    assert all(amount > 0 for amount in shown.values())
    assert sum(shown.values()) == publisher.billed_usd()
    ebooks = {row["ebook_id"]: row for row in read_ebooks(warehouse)}
    # What several share moves from the calls for none to the ebooks, and counts once.
    assert all(Decimal(ebooks[each]["shared_cost_usd"]) > 0 for each in ("forest", "meadow"))
    full = sum(Decimal(row["full_cost_usd"]) for row in ebooks.values())
    assert full + shown["untracked"] == publisher.billed_usd()
    reconciliation = read_reconciliation(warehouse)
    assert classes(reconciliation) == {"untracked_call": 3, "other_key": 1}
    assert reconciliation["is_balanced"] is False
    generations = {row["match"]: row for row in reconciliation["generations"]}
    assert generations["provider_only"]["generation_count"] == 4
    assert Decimal(generations["provider_only"]["provider_usd"]) == shown["untracked"]
    assert [row["difference_class"] for row in reconciliation["balances"]] == ["untracked_call"]
    assert read_ebooks(warehouse)[-1]["ebook_id"] == "untracked"


def test_a_ledger_that_has_every_call_is_balanced_key_by_key_and_in_all(
    publisher: Publisher,
) -> None:
    publisher.ask()
    publisher.now[0] += timedelta(hours=1)
    for key in (PRESS, STUDIO, OWN_KEY):
        publisher.call(key, "forest")
    publisher.now[0] += timedelta(days=1)
    publisher.ask()
    warehouse = publisher.warehouse()
    reconciliation = read_reconciliation(warehouse)
    assert (reconciliation["days"], reconciliation["classes"]) == ([], [])
    assert reconciliation["is_balanced"] is True
    assert [row["difference_usd"] for row in reconciliation["balances"]] == ["0"]
    assert totals(warehouse)["books"] == publisher.billed_usd()
    assert read_status(warehouse)["untracked_usd"] == "0"


def test_what_was_untracked_and_is_imported_after_all_is_untracked_no_more(
    publisher: Publisher,
) -> None:
    publisher.call(PRESS, "forest")
    other = Publisher(Home(publisher.home.root / "elsewhere"), publisher.simulator, publisher.now)
    other.call(PRESS, "river")
    publisher.now[0] += timedelta(days=1)
    publisher.ask()
    assert totals(publisher.warehouse())["untracked"] > 0
    # Another machine's spool comes late, and a build adds it to what is there.
    publisher.home.spool.mkdir(exist_ok=True)
    for segment in other.home.spool.iterdir():
        segment.rename(publisher.home.spool / segment.name)
    seal(publisher.home)
    warehouse = publisher.warehouse()
    shown = totals(warehouse)
    assert shown["untracked"] == 0
    assert shown["books"] == publisher.billed_usd()
    assert read_reconciliation(warehouse)["is_balanced"] is True
