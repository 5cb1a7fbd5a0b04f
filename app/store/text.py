"""Making any text one that both databases take. For what people typed and errors quote."""


def storable(text: str, longest: int) -> str:
    """The text without NUL and lone surrogates, cut to `longest` characters."""
    return text[:longest].replace("\x00", "�").encode("utf-8", "replace").decode()
