"""The models that the simulator offers, what they are called, who serves them and their rates."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ingest.simulator.rates import Rates


class CacheStyle(StrEnum):
    """How a model's provider caches prompts."""

    NONE = "none"
    EXPLICIT = "explicit"
    AUTOMATIC = "automatic"
    OVERLAPPING = "overlapping"


@dataclass(frozen=True)
class Provider:
    """`is_cancellable`: a closed stream stops its model; if not, the whole answer is billed."""

    name: str
    slug: str
    is_cancellable: bool


@dataclass(frozen=True)
class Model:
    """One model as `/models` lists it and as its provider serves it.

    A caller asks for `slug`. `listed` are the prices of `/models`; what is charged is `served`.
    """

    slug: str
    name: str
    provider: Provider
    listed: Rates
    dated_slug: str | None = None
    served_rates: Rates | None = None
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)
    context_length: int = 131_072
    cache_style: CacheStyle = CacheStyle.NONE
    does_reason: bool = False
    is_router: bool = False
    provider_spelling: str | None = None

    @property
    def permaslug(self) -> str:
        """What `/generation` and `/activity` call the model; dated where there is a date."""
        return self.dated_slug or self.slug

    @property
    def spelling(self) -> str:
        """The reply's `model`: the permaslug, or for embeddings the provider's own name."""
        return self.provider_spelling or self.permaslug

    @property
    def served(self) -> Rates:
        """The rates that are charged."""
        return self.served_rates or self.listed

    def writes(self, modality: str) -> bool:
        """Whether the model can answer with `text`, `image`, `embeddings`, `speech` or the like."""
        return modality in self.output_modalities


class Catalogue:
    """Finds a model by any name a caller may use for it."""

    def __init__(self, models: Iterable[Model]) -> None:
        self.models = tuple(models)
        self._by_name = {model.permaslug: model for model in self.models}
        self._by_name |= {model.slug: model for model in self.models}

    def find(self, name: str) -> Model | None:
        """The model of a slug or permaslug, a routing suffix such as `:nitro` left aside."""
        return self._by_name.get(name) or self._by_name.get(name.partition(":")[0])

    def with_output(self, modality: str) -> tuple[Model, ...]:
        """The models that a router may choose for this kind of answer, itself left out."""
        return tuple(m for m in self.models if m.writes(modality) and not m.is_router)
