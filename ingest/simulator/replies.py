"""What the simulated models say: plausible for a colouring-book producer, decided by the seed."""

import json
import re
from typing import Final

from ingest.simulator.seeding import Draw

REJECTION_RATE: Final = 0.15
_MOST_PROMPTS: Final = 200
_COUNTED = re.compile(r"(\d{1,4})[ -](?:\w+[ -]){0,3}?(?:pages?|prompts?|scenes?|ideas?)\b", re.I)
_NUMBER = re.compile(r"\d{1,4}")
_QUOTED = r"[\"“«]([^\"”»]{3,60})[\"”»]"
_AFTER_ABOUT = r"\babout ([\w' -]{3,60}?)(?=[.,;:!?\n]| for | with | in |$)"
_AFTER_CALLED = r"\bcalled ['\"](.{3,60}?)['\"](?!\w)"
_SUBJECT = re.compile(f"{_AFTER_CALLED}|{_QUOTED}|{_AFTER_ABOUT}", re.I)
_ONE_PAGE = re.compile(r"\bprompt\b.{0,20}\bpage (\d{1,4})\b", re.I | re.S)

_FIGURES: Final = (
    "a fox",
    "an owl",
    "a hedgehog",
    "two squirrels",
    "a badger",
    "a sleepy bear",
    "a heron",
    "three mice",
)
_PLACES: Final = ("under an old oak", "beside a brook", "in a café of mushrooms", "on a hill")
_ACTS: Final = ("reading a map", "baking a tart", "flying a kite", "planting seeds", "having a nap")
_STYLE: Final = "bold closed outlines, no shading, white background"
_FLAWS: Final = (
    "Grey shading where only outlines are wanted.",
    "Lines are broken near the lower edge.",
    "The figure runs out of the frame.",
)


def reply_text(prompt: str, has_image: bool, draw: Draw) -> str:
    """The answer to the last user message, whose text is `prompt`.

    An image and the word "quality" ask for a verdict, `{"accepted": bool, "reason": str}`; the
    word "JSON" for `{"title": str, "prompts": [str, …]}` with as many prompts as were asked for;
    "the prompt of page 3" for one prompt; anything else gets the outline of a book.
    """
    if has_image and "quality" in prompt.lower():
        return _verdict(draw)
    if "json" in prompt.lower():
        return _page_prompts(prompt, draw)
    if page := _ONE_PAGE.search(prompt):
        return f"Page {page[1]}: {_scene(draw, 'page')}, {_STYLE}."
    return _outline(prompt, draw)


def image_caption(draw: Draw) -> str:
    """The sentence that a model writes beside the picture it made."""
    return f"Here is {_scene(draw, 'caption')} — drawn in clean lines."


def _verdict(draw: Draw) -> str:
    accepted = not draw.chance("verdict", REJECTION_RATE)
    reason = "Clean, closed outlines; nothing to mend." if accepted else draw.choice("flaw", _FLAWS)
    return json.dumps({"accepted": accepted, "reason": reason})


def _page_prompts(prompt: str, draw: Draw) -> str:
    count = _asked_count(prompt)
    prompts = [f"{_scene(draw, f'page{page}')}, {_STYLE}" for page in range(count)]
    return json.dumps({"title": _title(prompt), "prompts": prompts}, ensure_ascii=False)


def _outline(prompt: str, draw: Draw) -> str:
    chapters = [
        f"{number}. Here we meet {_scene(draw, f'chapter{number}')}…"
        for number in range(1, draw.integer("chapters", 4, 8) + 1)
    ]
    return f"{_title(prompt)} — an outline\n\n" + "\n".join(chapters) + "\n"


def _scene(draw: Draw, name: str) -> str:
    figure = draw.choice(name + "figure", _FIGURES)
    act = draw.choice(name + "act", _ACTS)
    return f"{figure} {act} {draw.choice(name + 'place', _PLACES)}"


def _asked_count(prompt: str) -> int:
    counted = _COUNTED.search(prompt)
    number = counted[1] if counted else next(iter(_NUMBER.findall(prompt)), "10")
    return max(1, min(int(number), _MOST_PROMPTS))


def _title(prompt: str) -> str:
    subject = _SUBJECT.search(prompt)
    title = "".join(filter(None, subject.groups())).strip() if subject else ""
    return title[:1].upper() + title[1:] if title else "A walk in the wood"
