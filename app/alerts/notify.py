"""Addresses that are told, through apprise: DingTalk, Feishu, WeCom, mail, Slack, a webhook…

An address holds its secret. It is known by a mark; neither it nor what apprise says of it is
logged.
"""

import hashlib
import logging
import warnings
from collections.abc import Iterable
from functools import cache, partial
from importlib import import_module
from types import ModuleType

from app.alerts.courier import Post, Undelivered
from app.alerts.rules import Message


def mark_of(url: str) -> str:
    """What an address is called where it must not be read."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def scheme_of(url: str) -> str:
    """`dingtalk` of `dingtalk://token/`."""
    return url.partition("://")[0]


def posts_of(urls: Iterable[str]) -> dict[str, Post]:
    """How each address is told, by its mark."""
    return {mark_of(url): partial(post, url) for url in urls}


def post(url: str, message: Message) -> None:
    """Tell one address. Raises Undelivered, which does not name it."""
    apprise = _loaded()
    channel = apprise.Apprise()
    if not channel.add(url):
        raise Undelivered(f"{scheme_of(url)}: apprise does not understand this address")
    told = channel.notify(
        title=message.subject, body=message.body, body_format=apprise.NotifyFormat.TEXT
    )
    if not told:
        raise Undelivered(f"{scheme_of(url)}: the message was not taken")


@cache
def _loaded() -> ModuleType:
    """Apprise with all that it can tell; 0.5 s that only who has something to tell pays.

    Some of its parts import what Python is to lose. It and what it posts with log addresses, which
    nobody shall read.
    """
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise = import_module("apprise")
        apprise.Apprise().add("json://127.0.0.1")  # its parts are read with the first address
    return apprise
