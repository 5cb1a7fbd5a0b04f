"""Who the browser says it is: Chromium of its real version on Linux, told alike everywhere.

Flags set it for the process; what they can't say is set for each page in a way that frames and
workers share. Playwright's own context options for it are not used: they cut languages and leave
workers with another story. `probe.py` asks a running engine, `story.py` compares what it tells.
Pure: a version in, arguments, options, commands and a script out.

True is what the machine is: system, processor, engine and its version, graphics, memory. Chosen for
the site are languages, time zone and screen. Left out is that nobody sits before it: the word
Headless, `navigator.webdriver`, and shared workers, which no flag keeps from calling themselves
HeadlessChrome in en-US. What is odd and left so: a worker's own requests carry languages without
weights and no client hints; the headless shell has no PDF viewer and an empty `window.chrome`.
"""

from collections.abc import Iterable
from platform import machine
from typing import Any

from playwright_stealth.stealth import ALL_EVASIONS_DISABLED_KWARGS, Stealth

LANGUAGES = "zh-CN,zh"
LOCALE = "zh-CN"
TIMEZONE = "Asia/Shanghai"
PLATFORM = f"Linux {machine()}"
ARCHITECTURES = {"x86_64": "x86", "aarch64": "arm"}
STEALTH = ("navigator_webdriver",)
"""Parts of playwright-stealth that are on, by the names of its options.

Each part alone was put before the probe page (2.0.3, headless shell 156). These change nothing:
`navigator_webdriver`, `navigator_languages` and `navigator_platform` step back where flags did
their work, `navigator_hardware_concurrency` and `sec_ch_ua` have no script. The first of them is
on: should its flag ever fail, it answers as the flag does wherever the property exists, while the
next two would leave workers with another story.

Off is what the probe sees through:
`chrome_app`, `chrome_csi`, `chrome_load_times`, `chrome_runtime`, `iframe_content_window`,
`media_codecs`, `navigator_permissions`, `navigator_plugins`, `webgl_vendor` replace
`Function.prototype.toString`, which then fails in another way than the engine's own, and most of
them leave a global of random name behind;
`hairline`, `navigator_user_agent`, `navigator_user_agent_data`, `navigator_vendor` put readable
code where the engine's own was;
`error_prototype` and `webgl_vendor` change a page and not its worker.
"""
SCREEN = (1920, 1080)
VIEWPORT = (1440, 900)
CHOSEN = "the word Headless left out, languages, time zone and screen chosen"
"""What of the story is not this machine's."""
_ODD = " (:-./);=?_"
_ODD_VERSIONS = ("8", "99", "24")
DENIED: tuple[dict[str, Any], ...] = (
    {"permission": {"name": "notifications"}, "setting": "denied"},
)
"""Arguments of `Browser.setPermission`. A headless engine shows no notifications and says so in
`Notification.permission`, but a query of it would answer `prompt`: the best known sign of one."""
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.0.0 Safari/537.36"
)


def arguments(version: str) -> tuple[str, ...]:
    """Command-line flags; `version` is the engine's own, of which the site sees the major number.

    The user agent is the engine's own without the word Headless.
    """
    major = version.partition(".")[0]
    return (
        f"--user-agent={USER_AGENT.format(major=major)}",
        "--disable-blink-features=AutomationControlled",
        f"--lang={LOCALE}",
        f"--accept-lang={LANGUAGES}",
        "--disable-shared-workers",
    )


def context_options() -> dict[str, Any]:
    """Options of `new_context`. Never `user_agent` or `locale`: they cut languages and workers."""
    return {
        "timezone_id": TIMEZONE,
        "viewport": {"width": VIEWPORT[0], "height": VIEWPORT[1]},
        "screen": {"width": SCREEN[0], "height": SCREEN[1]},
        "device_scale_factor": 1,
    }


def stealth_script(parts: Iterable[str] = STEALTH) -> str:
    """The library's script for every page and frame, of these parts alone."""
    chosen = ALL_EVASIONS_DISABLED_KWARGS | dict.fromkeys(parts, True)
    # Its own words for these are Win32 and en-US; None of a part that is off, which it warns of.
    said = {
        "navigator_languages_override": tuple(LANGUAGES.split(",")),
        "navigator_platform_override": PLATFORM,
    }
    told = {name: said[name] if chosen[name.removesuffix("_override")] else None for name in said}
    script: str = Stealth(**chosen, **told, init_scripts_only=True).script_payload
    return script


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
        "architecture": ARCHITECTURES.get(machine(), ""),
        "bitness": "64",
        "model": "",
        "mobile": False,
    }
    agent = {
        "userAgent": USER_AGENT.format(major=major),
        "acceptLanguage": LANGUAGES,
        "platform": PLATFORM,
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
