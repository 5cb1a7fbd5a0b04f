"""Exports that are made in the background, where they cannot be."""

import threading

import pytest

from app.export.orders import FAILED, MOST_WAITING, Orders
from app.export.values import ExportError


def test_what_could_not_be_written_down_does_not_wait(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    orders = Orders(tmp_path / "taken" / "exports", "tests:1")
    for _ in range(MOST_WAITING + 1):
        with pytest.raises(ExportError, match="cannot be written"):
            orders.place({"format": "csv"}, "tests", lambda *_: pytest.fail("nothing is made"))


def test_one_whose_end_could_not_be_written_down_has_failed(tmp_path):
    orders = Orders(tmp_path / "exports", "tests:1")
    begun, broken = threading.Event(), threading.Event()

    def make(*_):
        begun.set()
        assert broken.wait(10)
        raise ExportError("no space left")

    order = orders.place({"format": "csv"}, "tests", make)
    assert begun.wait(10)
    assert orders.find(order.id).is_going
    (
        tmp_path / "exports" / order.id / "order.tmp"
    ).mkdir()  # as a full disk: nothing can be written
    broken.set()
    orders.close()
    assert orders.find(order.id).state == FAILED
