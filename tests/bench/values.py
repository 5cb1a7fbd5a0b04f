"""What a measurement says. Pure values; times are `time.time()`, CPU is in seconds."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page that came to its end."""

    url: str
    began: float
    ended: float
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one program at one number of contexts."""

    began: float = 0.0
    opened: float = 0.0
    """Of the window, after the warm-up."""
    closed: float = 0.0
    ended: float = 0.0
    """When the program was gone."""
    cpu: float = 0.0
    """Of the program and its children within the window; the local 1688 is not among them."""
    site: float = 0.0
    """Of the local 1688 within the window."""
    foreign: float = 0.0
    """Cores that somebody else used within the window."""
    peak_mib: int = 0
    """PSS of the tree, at most, since the start."""
    pages: list[Page] = field(default_factory=list)
    items: int = 0
    """Stored items that were compared with what the site says."""
    wrong: int = 0
    """Of them, those with a value that is not as expected."""
    warm: bool = True
    failed: str | None = None
    """Why there is no figure."""

    @property
    def within(self) -> list[Page]:
        """Pages that came to their end in the window."""
        return [page for page in self.pages if self.opened <= page.ended <= self.closed]
