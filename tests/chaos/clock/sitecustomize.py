"""Shifts the clock of a Python program that has this folder in PYTHONPATH by CHAOS_CLOCK seconds.

Its wall clock only, as on a machine whose clock is wrong: `time.time()`, `datetime.now()` and their
like. Children that are no Python keep the right time; monotonic clocks are not touched.
"""

import ctypes
import datetime as dt
import gc
import os
import time

SHIFT = int(os.environ.get("CHAOS_CLOCK", "0"))


def shift_time():
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + SHIFT
    time.time_ns = lambda: right_ns() + SHIFT * 10**9
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _asked(getattr(time, name)))


def _asked(right):
    return lambda seconds=None: right(time.time() if seconds is None else seconds)


def shift_dates():
    """In the classes themselves: libraries look types up, another class would not be found."""
    now = dt.datetime.fromtimestamp
    changes = {
        "now": classmethod(lambda _, tz=None: now(time.time(), tz)),
        "utcnow": classmethod(lambda _: now(time.time(), dt.UTC).replace(tzinfo=None)),
        "today": classmethod(lambda _: now(time.time())),
    }
    _change(dt.datetime, changes)
    _change(dt.date, {"today": classmethod(lambda _: now(time.time()).date())})


def _change(cls, changes):
    [members] = gc.get_referents(cls.__dict__)  # the dictionary behind the read-only view
    members.update(changes)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))


if SHIFT:
    shift_time()
    shift_dates()
