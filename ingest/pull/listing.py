"""`pricing` as OpenRouter lists it, and the row of the lake that it becomes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ingest.pull.answers import WireRow, WireUsd


def _null_if_variable(price: Any) -> Any:
    return None if str(price).startswith("-") else price


_Price = Annotated[WireUsd | None, BeforeValidator(_null_if_variable)]


class Pricing(WireRow):
    """USD per unit under the columns of `model_prices`; `-1` (a router: it varies) is null."""

    input_usd_per_token: _Price = Field(None, alias="prompt")
    output_usd_per_token: _Price = Field(None, alias="completion")
    cache_read_usd_per_token: _Price = Field(None, alias="input_cache_read")
    cache_write_usd_per_token: _Price = Field(None, alias="input_cache_write")
    cache_write_1h_usd_per_token: _Price = Field(None, alias="input_cache_write_1h")
    reasoning_usd_per_token: _Price = Field(None, alias="internal_reasoning")
    image_output_usd_per_token: _Price = Field(None, alias="image_output")
    input_image_usd_per_image: _Price = Field(None, alias="image")
    input_image_usd_per_token: _Price = Field(None, alias="image_token")
    input_audio_usd_per_token: _Price = Field(None, alias="audio")
    output_audio_usd_per_token: _Price = Field(None, alias="audio_output")
    request_usd_per_request: _Price = Field(None, alias="request")
    web_search_usd_per_search: _Price = Field(None, alias="web_search")
    discount: Annotated[Decimal, Field(ge=0, le=1)] | None = None


class ListedModel(WireRow):
    """One model of `/models`."""

    model: str = Field(alias="id", min_length=1)
    canonical_slug: str | None = None
    name: str | None = None
    pricing: Mapping[str, Any]
    architecture: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def writes_images(self) -> bool:
        """Whether `/images/models` may list it, too."""
        return "image" in (self.architecture.get("output_modalities") or ())


class ListedEndpoint(WireRow):
    """One provider's endpoint of a model."""

    provider_name: str = Field(min_length=1)
    tag: str | None = None
    service_tier: str | None = None
    pricing: Mapping[str, Any]


class _ImagePrice(WireRow):
    billable: str
    unit: str
    cost_usd: WireUsd


class ImageEndpoint(WireRow):
    """What one provider takes for the images of a model."""

    provider_name: str
    pricing: list[_ImagePrice] = Field(default_factory=list)

    def per_image(self) -> dict[str, Decimal]:
        """USD per image sent and received; nothing where it depends on what size they are."""
        named = {
            "input_image_usd_per_image": self._usd("input_image"),
            "output_image_usd_per_image": self._usd("output_image"),
        }
        return {column: usd for column, usd in named.items() if usd is not None}

    def _usd(self, billable: str) -> Decimal | None:
        prices = [price for price in self.pricing if price.billable == billable]
        amounts = {price.cost_usd for price in prices if price.unit == "image"}
        is_by_the_piece = all(price.unit == "image" for price in prices) and len(amounts) == 1
        return amounts.pop() if is_by_the_piece else None


def slugs_in_use(models: Iterable[ListedModel], names: Iterable[str]) -> list[ListedModel]:
    """The listed models that calls named by their slug, their permaslug, or a variant of either."""
    listed = {model.model: model for model in models}
    # `:free` has the permaslug of what it is a variant of, whose own that is.
    permaslugs = {
        model.canonical_slug: model for model in listed.values() if ":" not in model.model
    }
    found = {}
    for name in names:
        for spelling in (name, name.partition(":")[0]):
            model = listed.get(spelling) or permaslugs.get(spelling)
            if model:
                found[model.model] = model
                break
    return [found[slug] for slug in sorted(found)]
