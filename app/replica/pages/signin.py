"""The pages of logging in: a frame with the box in it, as 1688 has it, and the buyer's own page.

The box's script asks for a code, draws it, and polls until the phone has confirmed. After two codes
that ran out it asks for no more by itself, as a page that was left open.
"""

import html
import json
from urllib.parse import quote

MINI = "https://login.1688.com/mini_login.htm"


def signin(done: str) -> bytes:
    """The login page; `done` is where a browser goes once it is logged in."""
    box = f"{MINI}?appName=cbu&amp;lang=zh_cn&amp;returnUrl={quote(done, safe='')}"
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>登录</title>
<style>body{{margin:0;font:14px sans-serif}}.header{{padding:20px 60px}}iframe{{border:0;width:720px;height:440px;display:block;margin:0 auto}}</style>
</head><body><div class="header"><b>1688</b> 用户登录</div>
<div id="loginchina-wrapper"><iframe id="alibaba-login-box" src="{box}"></iframe></div>
<div class="footer">© 2010-2026 1688.com</div>
</body></html>
""".encode()


def mini(done: str) -> bytes:
    """The box itself: a code to scan, and a form that nobody here types into."""
    page = _MINI.replace("%DRAW%", _DRAW).replace("%POLL%", _POLL)
    return page.replace("%DONE%", json.dumps(done).replace("<", "\\u003c")).encode()


def work(name: str) -> bytes:
    """The buyer's own page, which only a member gets."""
    shown = html.escape(name)
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>我的阿里</title></head>
<body><div class="account"><span class="nick">{shown}</span> <a href="/home">买家中心</a></div></body></html>
""".encode()


_MINI = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>登录</title>
<style>
body{margin:0;font:14px sans-serif}#login{display:flex;gap:60px;padding:20px}
.qrcode-img{position:relative;width:222px;height:222px}canvas{image-rendering:pixelated;width:222px;height:222px}
.mask{position:absolute;inset:0;background:#fffd;padding-top:80px;text-align:center}
input{display:block;margin:8px 0;width:220px;height:28px}
</style></head>
<body><div id="login" class="login-content">
<div class="qrcode-login"><div class="login-title"><i class="iconfont icon-qrcode"></i>扫码登录</div>
<div class="qrcode-img"><canvas width="37" height="37"></canvas><div class="mask" hidden></div></div>
<p class="qrcode-desc">打开 1688 APP 或 淘宝 APP，扫一扫登录</p></div>
<div class="password-login"><div class="login-title">密码登录 短信登录</div>
<form id="login-form" action="/newlogin/login.do" method="post">
<input id="fm-login-id" name="fm-login-id" placeholder="账号名/邮箱/手机号">
<input id="fm-login-password" name="fm-login-password" type="password" placeholder="请输入登录密码">
<label><input id="fm-agreement-checkbox" type="checkbox" style="display:inline;width:auto;height:auto">已阅读并同意</label>
<button type="submit" class="fm-button">登录</button></form>
<a href="https://member.1688.com/member/join.htm">免费注册</a></div></div>
<script>%DRAW%</script>
<script>var done = %DONE%;%POLL%</script>
</body></html>
"""

_POLL = """
var refreshed = 0, timer = 0;
var mask = document.querySelector(".mask");
function show(text) { mask.hidden = !text; mask.textContent = text; }
function generate() {
  fetch("/newlogin/qrcode/generate.do?appName=cbu&fromSite=3").then(r => r.json()).then(answer => {
    if (!answer.content) return show("请拖动滑块完成验证");
    var code = answer.content.data;
    show("");
    drawCode(document.querySelector("canvas"), code.codeContent);
    clearInterval(timer);
    timer = setInterval(function () { query(code); }, 500);
  });
}
function query(code) {
  var form = new URLSearchParams({t: code.t, ck: code.ck, appName: "cbu", fromSite: "3"});
  fetch("/newlogin/qrcode/query.do?appName=cbu", {method: "POST", body: form})
    .then(r => r.json()).then(answer => heard(answer.content.data.qrCodeStatus));
}
function heard(status) {
  if (status === "SCANED") show("扫描成功 请在手机上根据提示确认登录");
  if (status === "CONFIRMED") { clearInterval(timer); top.location.href = done; }
  if (status === "CANCELED") { clearInterval(timer); show("您已取消登录"); }
  if (status === "EXPIRED") {
    clearInterval(timer);
    show("二维码已失效 点击刷新");
    if (refreshed++ < 2) setTimeout(generate, 300);
  }
}
mask.onclick = generate;
generate();
"""

_DRAW = """
// A QR code of version 5, level L, mask 0: one block of 108 data and 26 check bytes, 106 of text.
function drawCode(canvas, text) {
  var modules = codeModules(new TextEncoder().encode(text)), pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; pen.fillRect(0, 0, 37, 37); pen.fillStyle = "#000";
  modules.forEach((row, y) => row.forEach((dark, x) => { if (dark) pen.fillRect(x, y, 1, 1); }));
  window.__modules = modules.map(row => row.map(Number).join(""));
}
function codeModules(text) {
  var size = 37, grid = [], fixed = [];
  for (var i = 0; i < size; i++) { grid.push(Array(size).fill(0)); fixed.push(Array(size).fill(0)); }
  function put(y, x, dark) { if (y >= 0 && x >= 0 && y < size && x < size) { grid[y][x] = dark ? 1 : 0; fixed[y][x] = 1; } }
  [[3, 3], [3, size - 4], [size - 4, 3]].forEach(([y, x]) => {
    for (var a = -4; a <= 4; a++) for (var b = -4; b <= 4; b++) {
      var ring = Math.max(Math.abs(a), Math.abs(b)); put(y + a, x + b, ring !== 2 && ring !== 4); }
  });
  for (i = 8; i < size - 8; i++) { put(6, i, i % 2 === 0); put(i, 6, i % 2 === 0); }
  for (var a = -2; a <= 2; a++) for (var b = -2; b <= 2; b++) put(30 + a, 30 + b, Math.max(Math.abs(a), Math.abs(b)) !== 1);
  var format = 0b111011111000100;
  for (i = 0; i < 15; i++) {
    var dark = format >> i & 1;
    put(i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, 8, dark);
    put(8, i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, dark);
  }
  put(size - 8, 8, 1);
  var bits = codeBits(text), at = 0;
  for (var right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (i = 0; i < size; i++) for (var side = 0; side < 2; side++) {
      var x = right - side, up = (right + 1 & 2) === 0, y = up ? size - 1 - i : i;
      if (!fixed[y][x]) grid[y][x] = (bits[at++] || 0) ^ ((y + x) % 2 === 0 ? 1 : 0);
    }
  }
  return grid;
}
function codeBits(text) {
  var bits = [];
  function add(value, length) { for (var i = length - 1; i >= 0; i--) bits.push(value >> i & 1); }
  add(4, 4); add(text.length, 8); text.forEach(byte => add(byte, 8)); add(0, 4);
  for (var pad = 0xec; bits.length < 108 * 8; pad ^= 0xec ^ 0x11) add(pad, 8);
  var data = [];
  for (var i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(""), 2));
  checkBytes(data, 26).forEach(byte => add(byte, 8));
  return bits;
}
function checkBytes(data, count) {
  var exp = [], log = [], value = 1, i;
  for (i = 0; i < 255; i++) { exp[i] = value; log[value] = i; value <<= 1; if (value & 256) value ^= 0x11d; }
  function times(a, b) { return a && b ? exp[(log[a] + log[b]) % 255] : 0; }
  var divisor = [1];
  for (i = 0; i < count; i++) {
    divisor.push(0);
    for (var j = divisor.length - 1; j > 0; j--) divisor[j] ^= times(divisor[j - 1], exp[i]);
  }
  var rest = data.concat(Array(count).fill(0));
  for (i = 0; i < data.length; i++) {
    var factor = rest[i];
    divisor.forEach((term, j) => { rest[i + j] ^= times(term, factor); });
  }
  return rest.slice(data.length);
}
"""
