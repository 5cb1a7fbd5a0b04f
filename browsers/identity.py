"""Who the browser says it is: the truth, told the same way everywhere.

Set per process by flags, because every per-context override leaves workers or headers telling
another story (measured, README "Why it is built so"). Pure: names in, arguments and options out.
"""

from typing import Any

LANGUAGES = "zh-CN,zh"
LOCALE = "zh-CN"
TIMEZONE = "Asia/Shanghai"
SCREEN = (1920, 1080)
VIEWPORT = (1440, 900)
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


def page_commands() -> tuple[tuple[str, dict[str, Any]], ...]:
    """CDP commands for every new page: what Intl answers, which no flag sets on Debian's build."""
    return (("Emulation.setLocaleOverride", {"locale": LOCALE}),)
