"""The figures' place in the READMEs: between two markers, the words around it left alone."""

from pathlib import Path

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def placed(text: str, figures: str) -> str:
    """A page with the figures between its markers. Raises ValueError if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the figures: it lacks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def write(pages: dict[Path, str]) -> None:
    """Write the figures into each page."""
    for page, figures in pages.items():
        page.write_text(placed(page.read_text(), figures))
