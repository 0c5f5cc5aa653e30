"""Decides an answer before a byte of it leaves: who serves it, what it says, what it costs."""

import base64
import math
from dataclasses import dataclass, replace
from decimal import Decimal

from ingest.simulator.bill import Outcome
from ingest.simulator.calls import Call
from ingest.simulator.catalogue import Model
from ingest.simulator.chat.request import ChatRequest
from ingest.simulator.chat.tokens import CHARACTERS_PER_TOKEN, count_tokens, reasoning_tokens
from ingest.simulator.line_art import draw_line_art
from ingest.simulator.pricing import WEB_SEARCH_USD, Byok, Charge, charge_tokens, no_charge
from ingest.simulator.rates import Tokens
from ingest.simulator.replies import image_caption, reply_text
from ingest.simulator.seeding import Draw
from ingest.simulator.usage_report import UsageForm, draw_form


def plan_chat(call: Call, asked: ChatRequest, model: Model) -> "ChatPlan":
    """The answer that this call gets, decided by the seed and the request alone."""
    draw, message = call.draw, asked.last_user_message()
    image_count = 1 if asked.wants_image() and model.writes("image") else 0
    if image_count:
        content = image_caption(draw)
    else:
        content = reply_text(message.text(), message.image_count() > 0, draw)
    limit, thought = asked.token_limit(), reasoning_tokens(model, asked, draw)
    is_free = call.cache_source_id is not None
    # What is thought counts against the limit, and may leave nothing of it.
    kept = content if limit is None else content[: (limit - thought) * CHARACTERS_PER_TOKEN]
    return ChatPlan(
        model=model,
        pieces=_cut_into_pieces(kept, draw),
        image_urls=tuple(_image_url(draw, number) for number in range(image_count)),
        tokens=Tokens(0, 0)
        if is_free
        else count_tokens(asked, model, kept, image_count, thought, draw),
        finish_reason="stop" if kept == content else "length",
        byok=call.api_key.byok,
        web_search_count=int(asked.wants_web_search() and not is_free),
        form=draw_form(draw, call.api_key.byok is not Byok.NONE),
        wants_echo=asked.wants_echo(),
    )


@dataclass(frozen=True)
class ChatPlan:
    """The whole answer of one chat call. `pieces` are the parts in which a stream gives it."""

    model: Model
    pieces: tuple[str, ...]
    image_urls: tuple[str, ...]
    tokens: Tokens
    finish_reason: str
    byok: Byok
    web_search_count: int
    form: UsageForm
    wants_echo: bool
    """Whether a stream begins with what the provider was asked."""

    @property
    def piece_count(self) -> int:
        """The parts in which a stream gives the answer."""
        return len(self.pieces)

    @property
    def content(self) -> str:
        """The text of the answer."""
        return "".join(self.pieces)

    @property
    def reasoning_text(self) -> str | None:
        """What a thinking model lets be seen of its thoughts."""
        return "First I think of the reader." if self.tokens.reasoning else None

    @property
    def native_finish_reason(self) -> str:
        """The provider's own word for the finish reason."""
        if self.model.provider.slug == "anthropic":
            return "end_turn" if self.finish_reason == "stop" else "max_tokens"
        if not self.model.provider.is_cancellable:
            return "STOP" if self.finish_reason == "stop" else "MAX_TOKENS"
        return self.finish_reason

    def image_parts(self) -> list[dict[str, object]]:
        """`message.images` of the answer."""
        return [{"type": "image_url", "image_url": {"url": url}} for url in self.image_urls]

    def finished(self) -> Outcome:
        """The answer was produced whole; that is charged even if nobody reads it."""
        return self._outcome("succeeded", self.tokens, self._charge(self.tokens))

    def interrupted(self, piece_count: int) -> Outcome:
        """The stream broke off after so many pieces.

        A provider that can be stopped is paid for what it produced (nothing, if it had not begun);
        any other goes on and is paid for the whole answer.
        """
        tokens = self.tokens
        if self.model.provider.is_cancellable:
            tokens = self._tokens_after(piece_count)
        charge = self._charge(tokens) if tokens.completion else self._nothing()
        return self._outcome("cancelled", tokens, charge)

    def failed(self, piece_count: int) -> Outcome:
        """The provider failed after so many pieces: its tokens are free of charge."""
        return self._outcome("failed", self._tokens_after(piece_count), self._nothing())

    def _tokens_after(self, piece_count: int) -> Tokens:
        if piece_count >= len(self.pieces):
            return self.tokens
        if not piece_count:
            return replace(self.tokens, completion=0, reasoning=0, image=0)
        length = sum(map(len, self.pieces[:piece_count]))
        written = math.ceil(length / CHARACTERS_PER_TOKEN)
        return replace(self.tokens, completion=self.tokens.reasoning + written, image=0)

    def _charge(self, tokens: Tokens) -> Charge:
        return charge_tokens(self.model.served, tokens, self._extras_usd(), self.byok)

    def _nothing(self) -> Charge:
        return no_charge(self.byok, self._extras_usd())

    def _extras_usd(self) -> Decimal:
        return self.web_search_count * WEB_SEARCH_USD

    def _outcome(self, status: str, tokens: Tokens, charge: Charge) -> Outcome:
        reasons = {"succeeded": self.finish_reason, "failed": "error"}
        return Outcome(
            status=status,
            tokens=tokens,
            charge=charge,
            finish_reason=reasons.get(status),
            image_count=len(self.image_urls) if tokens.image else 0,
            web_search_count=self.web_search_count,
        )


def _cut_into_pieces(text: str, draw: Draw) -> tuple[str, ...]:
    pieces: list[str] = []
    while text:
        length = draw.integer(f"piece{len(pieces)}", 6, 60)
        pieces.append(text[:length])
        text = text[length:]
    return tuple(pieces)


def _image_url(draw: Draw, number: int) -> str:
    picture = draw_line_art(Draw.of(draw.key.hex(), "image", number))
    return "data:image/png;base64," + base64.b64encode(picture).decode()
