"""`pwsync demo --console`: from nothing to a console that shows offers."""

import os
import re
import signal
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from tests.up.conftest import SECONDS

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
KEPT = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


def test_the_demo_ends_in_a_console_where_more_can_be_begun(watch, tmp_path):
    given = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {"HOME": str(tmp_path), "PWSYNC_DATA_DIR": str(tmp_path / "data")}
    words = ("--offers", "3", "--mode", "lean", "--console", "--port", "0", "--progress", "none")
    one = watch(PROGRAM, "demo", *words, only=given | own)
    (link,) = re.findall(r"http://\S+/login/[\w-]+", one.line("server", "lets you in"))
    one.line("worker", "waits for runs")
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with visitor.open(link, timeout=SECONDS) as page:
        assert "first visitor" in page.read().decode()
        assert page.url.endswith("/")
        first = page.url
    with visitor.open(f"{first}offers", timeout=SECONDS) as page:
        shown = re.findall(r"/pictures/[\w?=&;]+", page.read().decode())
    with visitor.open(
        first.rstrip("/") + shown[0].replace("&amp;", "&"), timeout=SECONDS
    ) as picture:
        assert picture.headers.get_content_maintype() == "image"
    one.send(signal.SIGINT)
    one.rest()
    assert one.program.returncode == 0
