"""A dozen models with the prices of late 2026, chosen so that every way of charging occurs."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from ingest.simulator.catalogue import CacheStyle, Catalogue, Model, Provider
from ingest.simulator.rates import ZERO, PriceTier, Rates

ANTHROPIC: Final = Provider("Anthropic", "anthropic", is_cancellable=True)
OPENAI: Final = Provider("OpenAI", "openai", is_cancellable=True)
DEEPSEEK: Final = Provider("DeepSeek", "deepseek", is_cancellable=True)
DEEPINFRA: Final = Provider("DeepInfra", "deepinfra/fp8", is_cancellable=True)
VENICE: Final = Provider("Venice", "venice", is_cancellable=True)
COHERE: Final = Provider("Cohere", "cohere", is_cancellable=True)
GOOGLE: Final = Provider("Google", "google-vertex", is_cancellable=False)
GOOGLE_AI_STUDIO: Final = Provider("Google AI Studio", "google-ai-studio", is_cancellable=False)
MISTRAL: Final = Provider("Mistral", "mistral", is_cancellable=False)
BLACK_FOREST_LABS: Final = Provider("Black Forest Labs", "black-forest-labs", is_cancellable=False)
SEED: Final = Provider("Seed", "seed", is_cancellable=False)
ROUTER: Final = Provider("OpenRouter", "openrouter", is_cancellable=True)

VISION: Final = ("text", "image")


def offered_models() -> Catalogue:
    """The catalogue that a simulator serves when it is given no other."""
    other = (_embedding_model(), *_models_sold_by_the_unit(), _router())
    return Catalogue([*_text_models(), *_image_models(), *other])


def _text_models() -> list[Model]:
    return [
        Model(
            "anthropic/claude-sonnet-4.6",
            "Anthropic: Claude Sonnet 4.6",
            ANTHROPIC,
            _claude_rates(),
            dated_slug="anthropic/claude-4.6-sonnet-20260217",
            input_modalities=VISION,
            context_length=1_000_000,
            cache_style=CacheStyle.EXPLICIT,
        ),
        Model(
            "google/gemini-2.5-flash",
            "Google: Gemini 2.5 Flash",
            GOOGLE_AI_STUDIO,
            # A twelfth of a dollar per million tokens: a cache write is a number without an end.
            _rates("0.3", "2.5", read="0.03", write="0.08333333333333334"),
            input_modalities=VISION,
            context_length=1_048_576,
            cache_style=CacheStyle.OVERLAPPING,
        ),
        _flash_lite(),
        Model(
            "openai/gpt-5-nano",
            "OpenAI: GPT-5 Nano",
            OPENAI,
            _rates("0.05", "0.4", read="0.005"),
            dated_slug="openai/gpt-5-nano-2025-08-07",
            input_modalities=VISION,
            context_length=400_000,
            cache_style=CacheStyle.AUTOMATIC,
            does_reason=True,
        ),
        Model(
            "deepseek/deepseek-chat",
            "DeepSeek: DeepSeek Chat",
            DEEPSEEK,
            _rates("0.2574", "1.0287", discount="0.1"),
        ),
        Model(
            "mistralai/mistral-small-3.2-24b-instruct",
            "Mistral: Mistral Small 3.2 24B",
            MISTRAL,
            _rates("0.1", "0.3"),
            dated_slug="mistralai/mistral-small-3.2-24b-instruct-2506",
        ),
        Model(
            "meta-llama/llama-3.3-70b-instruct",
            "Meta: Llama 3.3 70B Instruct",
            DEEPINFRA,
            _rates("0.13", "0.4"),
        ),
        Model(
            "meta-llama/llama-3.3-70b-instruct:free",
            "Meta: Llama 3.3 70B Instruct (free)",
            VENICE,
            _rates("0", "0"),
        ),
    ]


def _image_models() -> list[Model]:
    return [
        Model(
            "google/gemini-2.5-flash-image",
            "Google: Gemini 2.5 Flash Image",
            GOOGLE,
            _rates("0.3", "2.5", image_output="30"),
            input_modalities=VISION,
            output_modalities=("image", "text"),
            context_length=32_768,
        ),
        Model(
            "black-forest-labs/flux.2-pro",
            "Black Forest Labs: FLUX.2 Pro",
            BLACK_FOREST_LABS,
            Rates(
                ZERO,
                ZERO,
                usd_per_megapixel=Decimal("0.03"),
                usd_per_input_image=Decimal("0.015"),
            ),
            input_modalities=VISION,
            output_modalities=("image",),
        ),
        Model(
            "bytedance-seed/seedream-4.5",
            "ByteDance Seed: Seedream 4.5",
            SEED,
            Rates(ZERO, ZERO, usd_per_image=Decimal("0.04")),
            input_modalities=VISION,
            output_modalities=("image",),
        ),
    ]


def _embedding_model() -> Model:
    return Model(
        "qwen/qwen3-embedding-4b",
        "Qwen: Qwen3 Embedding 4B",
        DEEPINFRA,
        _rates("0.02", "0"),
        output_modalities=("embeddings",),
        context_length=32_768,
        provider_spelling="Qwen/Qwen3-Embedding-4B",
    )


def _models_sold_by_the_unit() -> list[Model]:
    """Sold by the search, the character, and the second."""
    return [
        _unit_model("cohere/rerank-v3.5", "Cohere: Rerank v3.5", COHERE, "rerank", "0.002"),
        _unit_model("openai/gpt-4o-mini-tts", "OpenAI: TTS", OPENAI, "speech", "0.0000151"),
        _unit_model("openai/whisper-1", "OpenAI: Whisper", OPENAI, "transcription", "0.0001"),
        _unit_model("google/veo-3.1", "Google: Veo 3.1", GOOGLE, "video", "0.4"),
    ]


def _unit_model(slug: str, name: str, provider: Provider, output: str, usd: str) -> Model:
    rates = Rates(ZERO, ZERO, usd_per_unit=Decimal(usd))
    return Model(slug, name, provider, rates, output_modalities=(output,))


def _router() -> Model:
    variable = Rates(Decimal(-1), Decimal(-1))
    return Model("openrouter/auto", "Auto Router", ROUTER, variable, is_router=True)


def _flash_lite() -> Model:
    """Listed at one price and served at another, so that pricing by the list is seen to fail."""
    return Model(
        "google/gemini-2.5-flash-lite",
        "Google: Gemini 2.5 Flash Lite",
        GOOGLE,
        _rates("0.1", "0.4"),
        served_rates=_rates("0.12", "0.48"),
        input_modalities=VISION,
        context_length=1_048_576,
    )


def _claude_rates() -> Rates:
    rates = _rates("3", "15", read="0.3", write="3.75")
    tier = PriceTier(200_000, *map(_per_token, ("6", "22.5", "0.6", "7.5")))
    return replace(rates, web_search=Decimal("0.01"), tiers=(tier,))


def _rates(
    prompt: str,
    completion: str,
    *,
    read: str | None = None,
    write: str | None = None,
    image_output: str | None = None,
    discount: str = "0",
) -> Rates:
    """Rates from USD per million tokens, as price lists are read aloud."""
    return Rates(
        prompt=_per_token(prompt),
        completion=_per_token(completion),
        input_cache_read=None if read is None else _per_token(read),
        input_cache_write=None if write is None else _per_token(write),
        image_output=None if image_output is None else _per_token(image_output),
        discount=Decimal(discount),
    )


def _per_token(usd_per_million: str) -> Decimal:
    return Decimal(usd_per_million).scaleb(-6)
