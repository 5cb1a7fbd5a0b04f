"""Making any text one that both databases take. For what people typed and errors quote."""

import hashlib

LONGEST_KEY = 64


def storable(text: str, longest: int) -> str:
    """The text without NUL and lone surrogates, cut to `longest` characters."""
    return text[:longest].replace("\x00", "�").encode("utf-8", "replace").decode()


def keyable(text: str) -> str:
    """The text as it fits into a key (`ShortText`); what is longer keeps its beginning, hashed."""
    if len(text) <= LONGEST_KEY:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: LONGEST_KEY - 17]}-{digest}"
