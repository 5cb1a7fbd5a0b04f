"""What a forged job would call: it leaves a file behind, so that a test can see that it ran."""

import os
from pathlib import Path
from typing import Any


def sing(*_: Any, **__: Any) -> None:
    Path(os.environ["CANARY"]).touch()
