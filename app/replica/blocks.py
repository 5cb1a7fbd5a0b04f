"""The pages that stand where an offer should be: login jump, punishment, slider, refusal. All HTTP 200.

Shapes from `site/offer-pages.md` §3; tokens are invented. Addresses fit the host and path asked for.
"""

import random
from collections.abc import Callable
from urllib.parse import quote

from app.replica.faults import Fault

TAIL = "<!--rgv587_flag:sm-->"
SLIDER_BYTES = 160_000
"""A rendered slider page is larger than a small offer page: size proves nothing."""


def _token(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def login_jump(host: str, path: str, seed: int) -> bytes:
    """The stub of 4-5 KB that clicks itself away to the login page."""
    rng = random.Random(f"login:{seed}:{path}")
    back = quote(f"https://{host}:443{path}", safe="/:")
    jump = f"{back}%2F_____tmd_____%2Fpage%2Flogin_jump%3Frand%3D{_token(rng, 1200)}"
    close = f"{back}%2F_____tmd_____%2Fpage%2Fclose_iframe_page%3Frand%3D{_token(rng, 1000)}"
    login = "https://login.1688.com/member/signin.htm?from=sm&Done="
    return f"""

<a id="a-link"></a>
<script>
  localStorage.x5referer = window.location.href;
  var link = document.getElementById("a-link");
  var host = "{login}";
  var jump = "{jump}";
  link.href = host + jump;
  link.click();
 window._config_ = {{
   "action": "login",
   "url": "https://login.taobao.com/member/login.jhtml?from=sm&newMini2=true&style=b2b&full_redirect=false&redirectURL={close}",
   "h5url": "{login}{close}",
   "dialogSize": {{"width": "", "height": ""}}
}};
</script>
{TAIL}""".encode()


def punish_address(host: str, path: str, seed: int) -> str:
    """Where a punishment stub leads, without its scheme."""
    rng = random.Random(f"punish:{seed}:{path}")
    return f"//{host}/{path}/_____tmd_____/punish?x5secdata={_token(rng, 900)}&x5step=1"


def punish_stub(host: str, path: str, seed: int) -> bytes:
    """The stub that replaces itself by the slider page."""
    url = punish_address(host, path, seed)
    config = f'{{"action":"captcha","url":"https:{url}"}}'
    return (
        "<script>sessionStorage.x5referer = window.location.href;"
        f'var url = window.location.protocol + "{url}";'
        f"window.location.replace(url);window._config_ = {config};</script>{TAIL}"
    ).encode()


def slider(host: str, path: str, seed: int) -> bytes:
    """The rendered slider page of 160 KB."""
    rng = random.Random(f"slider:{seed}:{path}")
    page = (
        _SLIDER.replace("%HOST%", host)
        .replace("%PATH%", path)
        .replace("%TOKEN%", _token(rng, 32))
        .replace("%KEY%", _token(rng, 32))
    )
    room = SLIDER_BYTES - len(page)
    bundle = "".join(f'var s{n}="{rng.getrandbits(400):0100x}";' for n in range(room // 110))
    return page.replace("%BUNDLE%", bundle).encode()


def refusal(host: str, path: str, seed: int) -> bytes:
    """The page of an access that is denied, with no slider to move."""
    rng = random.Random(f"deny:{seed}:{path}")
    return f"""<html><head><meta charset="utf-8"><title>访问被拒绝</title></head>
<body><punish-component></punish-component>
<script>
window._config_ = {{
  "action": "deny",
  "HOST": "{host}:443",
  "PATH": "{path}",
  "SECDATA": "{_token(rng, 64)}",
  "url": "{path}/_____tmd_____/punish?x5secdata={_token(rng, 64)}"
}};
</script>
<div id="baxia-punish" class="baxia-punish deny pc"><p class="warnning-text">访问被拒绝</p></div>
{TAIL}
</body></html>
""".encode()


def rate_limit() -> bytes:
    """The short text of an address that asked too often."""
    return """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>访问受限</title></head>
<body><p>访问频繁，请稍后再试</p></body></html>
""".encode()


def gateway_refusal(api: str) -> bytes:
    """How the gateway refuses a page's own call."""
    url = f"https://h5api.m.1688.com:443//h5/{api}/1.0/_____tmd_____/punish?x5secdata=x&action=captcha"
    ret = '["FAIL_SYS_USER_VALIDATE","RGV587_ERROR::SM::请稍后重试"]'
    return f'{{"api":"{api}","v":"1.0","ret":{ret},"data":{{"url":"{url}"}}}}'.encode()


def refused_call(host: str, path: str) -> bytes:
    """How any other call of a page is refused."""
    url = f"https://{host}:443/{path}/_____tmd_____/punish?x5secdata=x&x5step=2&action=captcha"
    ret = '["FAIL_SYS_USER_VALIDATE","RGV587_ERROR::SM::哎哟喂,被挤爆啦,请稍后重试"]'
    return f'{{"ret":{ret},"data":{{"url":"{url}"}}}}'.encode()


STUBS: dict[Fault, Callable[[str, str, int], bytes]] = {
    Fault.LOGIN: login_jump,
    Fault.PUNISH: punish_stub,
    Fault.SLIDER: slider,
    Fault.REFUSED: refusal,
}
"""What stands at an address (host, path) instead of its page, whatever page that is."""


_SLIDER = """<html data-dpr="1"><head>
    <meta charset="utf-8">
    <meta name="aplus-waiting" content="MAN"><title>Captcha Interception</title>
    <script>%BUNDLE%</script>
</head>
<body style="font-size: 12px">
    <punish-component>
    <script>
        window._config_ = {
            "renderTo": "#nocaptcha",
            "customImage":"",
            "NCTOKENSTR": "%TOKEN%",
            "action": "captcha",
            "HOST": "%HOST%:443",
            "PATH": "%PATH%",
            "FORMACTIOIN": "%PATH%/_____tmd_____/verify/",
            "BXSTEP": "100",
            "SECDATA": "%TOKEN%",
            "NCAPPKEY": "%KEY%",
            "isUpgrade": "false"
        };
    </script>
</punish-component><div id="baxia-punish" class="baxia-punish captcha  pc ">
  <div class="wrapper"><div class="content-inside"><div class="captcha-tips">
    <div class="warnning-text">Sorry, we have detected unusual traffic from your network.</div>
    <div id="nocaptcha" class="sm-pop-inner nc-container"><div class="nc_1_nocaptcha" id="nc_1_nocaptcha">
      <div id="nc_1_wrapper" class="nc_wrapper"><div id="nc_1_n1t" class="nc_scale">
        <span id="nc_1_n1z" class="nc_iconfont btn_slide" aria-label="滑块" role="button"></span>
        <div id="nc_1__scale_text"><span class="nc-lang-cnt" data-nc-lang="SLIDE">Please slide to verify</span></div>
      </div></div>
    </div></div>
  </div></div></div>
  <a href="/_____tmd_____/page/feedback?rand=%TOKEN%">feedback</a>
</div>
<!--rgv587_flag:sm-->
</body></html>
"""
