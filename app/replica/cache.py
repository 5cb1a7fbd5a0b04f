"""Bodies ready to send, gzipped once, the least used thrown out first. Bounded in bytes."""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

LIMIT = 64 * 1024 * 1024
LEVEL = 6
"""Of gzip: the page weighs what the site's own compression makes of it."""


@dataclass(kw_only=True, slots=True)
class Bodies:
    """Gzipped bodies by key."""

    limit: int = LIMIT
    held: int = 0
    _bodies: OrderedDict[object, bytes] = field(default_factory=OrderedDict)

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """The gzipped body of a key, made where it is not at hand."""
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
            return body
        body = gzip.compress(make(), LEVEL, mtime=0)
        self._bodies[key] = body
        self.held += len(body)
        while self.held > self.limit and len(self._bodies) > 1:
            _, oldest = self._bodies.popitem(last=False)
            self.held -= len(oldest)
        return body
