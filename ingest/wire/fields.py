"""Fields of a JSON document that anybody may have written: the right type, or unknown."""


def writable(text: str | None) -> str | None:
    """A text that is not empty and can be written down; a lone surrogate cannot."""
    return text if text and text.isprintable() else None


def object_field(value: object) -> dict[str, object]:
    """An object, empty when it is something else."""
    return value if isinstance(value, dict) else {}


def object_list(value: object) -> list[dict[str, object]]:
    """The objects of a list, without what else stands in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
