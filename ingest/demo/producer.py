"""Makes one colouring book: outline, prompts, line art that passes a quality check, covers."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from ingest.demo.books import Book
from ingest.errors import OpenRouterError
from ingest.openrouter.async_client import AsyncOpenRouter
from ingest.openrouter.replies import Reply
from ingest.recording.attribution import attribute
from ingest.recording.runs import production_run

OUTLINE_MODEL = "anthropic/claude-sonnet-4.6"
PROMPT_MODEL = "google/gemini-2.5-flash"
LINE_ART_MODEL = "google/gemini-2.5-flash-image"
COVER_MODEL = "black-forest-labs/flux.2-pro"
QUALITY_MODEL = "google/gemini-2.5-flash-lite"
MOST_DRAWINGS = 3
"""After so many rejected drawings of a page the last one is taken as it is."""
MOST_TRIES = 4
"""How often a piece of work is begun again when its answer failed on the way."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class ColoringBookStudio:
    """Makes books with one client; `checker` may be another, on a key of the publisher's own."""

    client: AsyncOpenRouter
    checker: AsyncOpenRouter
    page_done: Callable[[], None]

    async def draw_style_sheet(self, series: str) -> None:
        """Draw what all books of a series are drawn after: a call for none of them alone."""
        request = f"A style sheet for the colouring books of the series {series!r}."
        with attribute(series=series, stage="style_sheet"):
            await self._accepted(lambda: self.client.image(model=COVER_MODEL, prompt=request))

    async def produce(self, book: Book) -> None:
        """Make one book; every call is attributed to it, its stage and its page."""
        recorder = self.client.recorder
        recorder.describe_ebook(
            book.ebook_id,
            title=book.title,
            kind="coloring_book",
            series=book.series,
            page_count=book.page_count,
            list_price_usd=book.list_price_usd,
            royalty_rate=book.royalty_rate,
        )
        run = production_run(ebook_id=book.ebook_id, ledger=recorder, clock=recorder.clock)
        with run, attribute(series=book.series):
            outline = await self._outline(book)
            for page_number in range(1, book.page_count + 1):
                with attribute(page_number=page_number):
                    prompt = await self._prompt(book, outline, page_number)
                    await self._line_art(prompt)
                self.page_done()
            await self._cover(book, "cover")
            await self._cover(book, "back_cover")

    async def _outline(self, book: Book) -> str:
        request = f"Outline a colouring book called {book.title!r} with {book.page_count} pages."

        async def stream() -> Reply:
            words = await self.client.chat(
                model=OUTLINE_MODEL, messages=[_user(request)], stream=True, max_tokens=2000
            )
            async for _ in words:
                pass
            return words.reply

        with attribute(stage="outline"):
            return (await self._accepted(stream)).text

    async def _prompt(self, book: Book, outline: str, page_number: int) -> str:
        task = f"Write the drawing prompt of page {page_number} of {book.title!r}."
        request = f"{outline}\n\n{task}"
        with attribute(stage="prompts"):
            reply = await self._accepted(
                lambda: self.client.chat(model=PROMPT_MODEL, messages=[_user(request)])
            )
        return reply.text

    async def _line_art(self, prompt: str) -> None:
        for drawing_number in range(1, MOST_DRAWINGS + 1):
            request = f"{prompt}\nBlack line art on white, drawing {drawing_number}."
            with attribute(stage="line_art"):
                drawing = await self._begun_again(
                    lambda request=request: self.client.image(  # type: ignore[misc]
                        model=LINE_ART_MODEL, prompt=request, through="chat"
                    )
                )
            if await self._passes(drawing.images[0], request) or drawing_number == MOST_DRAWINGS:
                self.client.accept(drawing)
                return
            # Not in the checker's own words: they are a reply, and no reply is ever stored.
            self.client.reject(drawing, "failed the quality check")

    async def _passes(self, image: bytes, request: str) -> bool:
        url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
        question = f"Judge the quality of this drawing as JSON with accepted and reason. {request}"
        parts = [
            {"type": "text", "text": question},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        with attribute(stage="quality_check"):
            reply = await self._accepted(
                lambda: self.checker.chat(
                    model=QUALITY_MODEL, messages=[{"role": "user", "content": parts}]
                )
            )
        return bool(json.loads(reply.text)["accepted"])

    async def _cover(self, book: Book, stage: str) -> None:
        request = f"The {stage.replace('_', ' ')} of a colouring book called {book.title!r}."
        with attribute(stage=stage):
            await self._accepted(lambda: self.client.image(model=COVER_MODEL, prompt=request))

    async def _accepted(self, make: Callable[[], Awaitable[Reply]]) -> Reply:
        reply = await self._begun_again(make)
        self.client.accept(reply)
        return reply

    async def _begun_again(self, make: Callable[[], Awaitable[Made]]) -> Made:
        # An answer that failed on the way may have been billed; it is in the ledger as waste.
        for _ in range(MOST_TRIES - 1):
            try:
                return await make()
            except OpenRouterError:
                continue
        return await make()


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}
