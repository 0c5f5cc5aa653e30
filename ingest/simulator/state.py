"""What one simulated OpenRouter is told to be, and what it remembers."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from ingest.clock import Clock, utc_now
from ingest.errors import UsageError
from ingest.simulator.bill import Bill, Generation, Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Catalogue, Model
from ingest.simulator.faults import check_level
from ingest.simulator.jobs import Job
from ingest.simulator.offered_models import offered_models
from ingest.simulator.response_cache import ResponseCache
from ingest.simulator.seeding import Ordinals


@dataclass(frozen=True)
class SimulatorConfig:
    """How the simulator behaves. Durations are seconds, pairs are the least and the most.

    `settlement_delay_seconds` is how long `/generation` does not know a generation yet,
    `interrupted_delay_seconds` the same for one whose answer did not get through;
    `generation_error_rate` is how often `/generation` itself answers 429 or 502,
    `record_latency_seconds` how long any question for OpenRouter's own records takes, `job_seconds`
    how long a video or a batch takes.
    """

    seed: int = 7
    faults: str = "none"
    latency_seconds: float = 0.0
    settlement_delay_seconds: tuple[float, float] = (0.2, 3.0)
    interrupted_delay_seconds: tuple[float, float] = (1.0, 5.0)
    generation_error_rate: float = 0.0
    record_latency_seconds: float = 0.0
    stall_seconds: float = 600.0
    job_seconds: float = 0.2
    total_credits_usd: Decimal = Decimal(1000)
    clock: Clock = utc_now
    catalogue: Catalogue = field(default_factory=offered_models)

    def __post_init__(self) -> None:
        check_level(self.faults)
        if self.latency_seconds < 0:
            raise UsageError(f"The latency cannot be {self.latency_seconds} s; use 0 or more.")


class Simulator:
    """The memory of one simulator: its bill, and how often it was asked the same thing."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.bill = Bill()
        self.cache = ResponseCache()
        self.jobs: dict[str, Job] = {}
        self.requests = Ordinals()
        self.asked_faults = Ordinals()

    def charge(
        self,
        call: Call,
        model: Model,
        outcome: Outcome,
        *,
        is_interrupted: bool,
        remaining_seconds: float = 0.0,
    ) -> None:
        """Enter a generation in the bill; `/generation` knows it after a delay of the seed's.

        The response cache keeps its answer if it was asked to and nothing went wrong.
        `remaining_seconds` is how long the model is still busy with what is charged already.
        """
        if call.caching and outcome.status == "succeeded" and not is_interrupted:
            now = self.config.clock()
            self.cache.keep(call.caching, call.generation_id, call.draw, now)
        finished_at = self.config.clock() + timedelta(seconds=remaining_seconds)
        self.bill.enter(
            Generation(
                generation_id=call.generation_id,
                api_type=call.api_type,
                api_key_hash=call.api_key.sha256,
                requested_model=call.requested_model,
                model=model,
                outcome=outcome,
                is_streamed=call.is_streamed,
                session_id=call.session_id,
                external_user=call.external_user,
                user_agent=call.user_agent,
                created_at=call.received_at,
                ready_at=finished_at + self._settlement_delay(call, is_interrupted),
                cache_source_id=call.cache_source_id,
            )
        )

    def _settlement_delay(self, call: Call, is_interrupted: bool) -> timedelta:
        config = self.config
        limits = (
            config.interrupted_delay_seconds if is_interrupted else config.settlement_delay_seconds
        )
        return timedelta(seconds=call.draw.between("settlement_delay", *limits))
