"""Keys pressed while a screen is live, without Enter; nothing where there is no terminal."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Tell each key while the block lasts; Ctrl-C stays a signal; the terminal is given back."""
    terminal = sys.stdin.fileno() if sys.stdin.isatty() else -1
    if terminal < 0 or os.tcgetpgrp(terminal) != os.getpgrp():  # in the background it would stop us
        yield
        return
    before = termios.tcgetattr(terminal)
    woken, wake = os.pipe()
    reader = threading.Thread(target=_read, args=(terminal, woken, pressed), daemon=True)
    try:
        tty.setcbreak(terminal)
        reader.start()
        yield
    finally:
        os.write(wake, b"x")
        reader.join()
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(woken)
        os.close(wake)


def _read(terminal: int, woken: int, pressed: Callable[[str], None]) -> None:
    while True:
        ready, _, _ = select.select([terminal, woken], [], [])
        if woken in ready:
            return
        typed = os.read(terminal, 32)
        if not typed:
            return
        for key in typed.decode("utf-8", "replace"):
            pressed(key)
