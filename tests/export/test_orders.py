"""Exports that are made in the background, where they cannot be."""

import pytest

from app.export.orders import MOST_WAITING, Orders
from app.export.values import ExportError


def test_what_could_not_be_written_down_does_not_wait(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    orders = Orders(tmp_path / "taken" / "exports", "tests:1")
    for _ in range(MOST_WAITING + 1):
        with pytest.raises(ExportError, match="cannot be written"):
            orders.place({"format": "csv"}, "tests", lambda *_: pytest.fail("nothing is made"))
