"""The command as tests of commands run it."""

from tests.cli.conftest import pwsync, surroundings

__all__ = ["pwsync", "surroundings"]
