"""Who the browser says it is: Chromium of its real version on Linux, told alike everywhere.

Flags set it for the process; what they can't say is set for each page in a way that frames and
workers share (tests/browsers/test_identity.py reads it there). Playwright's own context options
for it are not used: they cut languages and leave workers with another story.
Pure: a version in, arguments, options and commands out.
"""

from typing import Any

LANGUAGES = "zh-CN,zh"
LOCALE = "zh-CN"
TIMEZONE = "Asia/Shanghai"
SCREEN = (1920, 1080)
VIEWPORT = (1440, 900)
_ODD = " (:-./);=?_"
_ODD_VERSIONS = ("8", "99", "24")
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.0.0 Safari/537.36"
)


def arguments(version: str) -> tuple[str, ...]:
    """Command-line flags; `version` is the engine's own, of which the site sees the major number.

    Only the word "Headless" is taken out of the user agent, and the automation flag is off.
    """
    major = version.partition(".")[0]
    return (
        f"--user-agent={USER_AGENT.format(major=major)}",
        "--disable-blink-features=AutomationControlled",
        f"--lang={LOCALE}",
        f"--accept-lang={LANGUAGES}",
    )


def context_options() -> dict[str, Any]:
    """Options of `new_context`. Never `user_agent` or `locale`: they cut languages and workers."""
    return {
        "timezone_id": TIMEZONE,
        "viewport": {"width": VIEWPORT[0], "height": VIEWPORT[1]},
        "screen": {"width": SCREEN[0], "height": SCREEN[1]},
        "device_scale_factor": 1,
    }


def page_commands(version: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """CDP commands for every new page: what Intl answers, and the client hints.

    The headless shell has no flag for either: it would call itself HeadlessChrome in `sec-ch-ua`
    while its user agent says Chrome, and send languages without weights.
    """
    major = version.partition(".")[0]
    hints = {
        "brands": _brands(int(major), major),
        "fullVersionList": _brands(int(major), version),
        "platform": "Linux",
        "platformVersion": "",
        "architecture": "x86",
        "bitness": "64",
        "model": "",
        "mobile": False,
    }
    agent = {
        "userAgent": USER_AGENT.format(major=major),
        "acceptLanguage": LANGUAGES,
        "platform": "Linux x86_64",
        "userAgentMetadata": hints,
    }
    return (
        ("Emulation.setLocaleOverride", {"locale": LOCALE}),
        ("Emulation.setUserAgentOverride", agent),
    )


def _brands(major: int, version: str) -> list[dict[str, str]]:
    """What a Chromium of that version lists; the odd name changes with it.

    Source: Chromium, components/embedder_support/user_agent_utils.cc.
    """
    odd = f"Not{_ODD[major % len(_ODD)]}A{_ODD[(major + 1) % len(_ODD)]}Brand"
    number = _ODD_VERSIONS[major % len(_ODD_VERSIONS)]
    brands = [
        {"brand": odd, "version": f"{number}.0.0.0" if "." in version else number},
        {"brand": "Chromium", "version": version},
    ]
    return brands if major % 2 == 0 else brands[::-1]
