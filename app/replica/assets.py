"""Scripts, styles and small answers that a page asks for: deterministic, with the cost of real ones."""

import json
import random
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from app.replica.pages.frame import BEACONS, PICTURES, SCRIPTS
from app.replica.values import Offer

GIF = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
"""One transparent point: the answer of every log host."""

_WEIGHTS = {(urlsplit(s.url).netloc, urlsplit(s.url).path): s for s in SCRIPTS}

_RENDER = """
(function () {
  var state = window.context || window.__INIT_DATA || window.iDetailData || {};
  var text = JSON.stringify(state);
  var offer = (location.pathname.match(/offer\\/(\\d+)/) || [])[1] || "0";
  var content = document.getElementById("content") || document.getElementById("root") || document.body;
  var data = state.result ? state.result.data : {};
  function add(id, kind, html) {
    var node = document.createElement("div");
    node.id = id;
    node.className = "module-" + kind.replace(/_/g, "-");
    node.setAttribute("data-module", kind);
    node.innerHTML = html;
    content.appendChild(node);
  }
  function safe(value) {
    var node = document.createElement("i");
    node.textContent = String(value === undefined ? "" : value);
    return node.innerHTML;
  }
  Object.keys(data).forEach(function (name) {
    var fields = data[name].fields || {};
    if (name === "Root") return;
    var rows = Object.keys(fields).map(function (key) {
      return "<dt>" + safe(key) + "</dt><dd>" + safe(JSON.stringify(fields[key])).slice(0, 400) + "</dd>";
    });
    add(name, data[name].type, (fields.title ? "<h1>" + safe(fields.title) + "</h1>" : "") + "<dl>" + rows.join("") + "</dl>");
  });
  var seen = {}, pictures = (text.match(/https:\\/\\/cbu01\\.alicdn\\.com\\/img\\/ibank\\/[^"]+?\\.jpg/g) || []);
  pictures = pictures.filter(function (url) { return seen[url] ? false : (seen[url] = true); }).slice(0, %PICTURES%);
  var strip = document.createElement("div");
  strip.id = "description";
  pictures.forEach(function (url) {
    var image = document.createElement("img");
    image.src = url;
    image.width = 200;
    strip.appendChild(image);
  });
  content.appendChild(strip);
  var mark = 7;
  for (var i = 0; i < text.length; i++) { mark = (mark * 31 + text.charCodeAt(i)) | 0; }
  for (var b = 0; b < %BEACONS%; b++) {
    new Image().src = "https://log.mmstat.com/1688.od." + b + "?offer=" + offer + "&mark=" + mark;
  }
  ["mtop.1688.moga.pc.shopcard", "mtop.1688.trade.service.mtoprateservice.querydsrratedatav2"].forEach(function (api) {
    var call = new XMLHttpRequest();
    var query = "?jsv=2.7.4&appKey=12574478&type=originaljson&api=" + api;
    query += "&data=" + encodeURIComponent(JSON.stringify({ offerId: offer }));
    call.open("GET", "https://h5api.m.1688.com/h5/" + api + "/1.0/" + query);
    call.withCredentials = true;
    call.onload = function () { window.__answers = (window.__answers || 0) + 1; };
    call.send();
  });
  window.__rendered = true;
})();
"""


@lru_cache(maxsize=64)
def script(host: str, path: str) -> bytes:
    """The script of an address; one that no page names is small."""
    known = _WEIGHTS.get((host, path))
    size = (known.kilobytes if known else 4) * 1024
    rng = random.Random(f"{host}{path}")
    lines = ["(function(w){var r=w.__r||(w.__r={n:0});"]
    length = 0
    while length < size:
        lines.append(_function(rng, len(lines)))
        length += len(lines[-1])
    lines.append("})(window);")
    render = _RENDER.replace("%PICTURES%", str(PICTURES)).replace("%BEACONS%", str(BEACONS))
    return "\n".join([*lines, render if known and known.renders else ""]).encode()


def _function(rng: random.Random, number: int) -> str:
    """About 300 characters; every fourth is called, so that there is work and not only parsing."""
    name, key = f"f{rng.getrandbits(32):08x}", f"k{rng.getrandbits(40):010x}"
    call = f"r.n+={name}(r.n,{rng.randrange(99)}).{key}&3;" if number % 4 == 0 else ""
    return (
        f"function {name}(a,b){{var t=[],c=a*{rng.randrange(2, 99)}+b;for(var i=0;i<{rng.randrange(4, 40)};i++)"
        f"{{c=(c<<1)^(i*{rng.randrange(9999)});t.push(c%{rng.randrange(3, 97)})}}"
        f'return{{{key}:c|0,label:"{rng.getrandbits(96):024x}",items:t.map(function(x){{return{{id:x,on:x>{rng.randrange(50)}}}}})}}}}{call}'
    )


@lru_cache(maxsize=16)
def style(path: str) -> bytes:
    """About 40 KB of rules."""
    rng = random.Random(path)
    rules = (
        f".module-od-{rng.getrandbits(24):06x} .item-{number}{{margin:{rng.randrange(40)}px;color:#{rng.getrandbits(24):06x}}}"
        for number in range(600)
    )
    return "\n".join(rules).encode()


def answer(api: str, offer: Offer | None) -> bytes:
    """The gateway's answer to one of the page's own calls."""
    body: dict[str, Any] = {
        "api": api,
        "v": "1.0",
        "ret": ["SUCCESS::调用成功"],
        "traceId": "0",
        "data": {},
    }
    if offer is not None and "shopcard" in api:
        body["data"] = {"model": _shop_card(offer)}
    elif offer is not None and "rate" in api and offer.rating:
        body["data"] = {
            "model": {"goodsGrade": str(offer.rating.score), "totalCount": offer.rating.reviews}
        }
    return json.dumps(body, ensure_ascii=False).encode()


def _shop_card(offer: Offer) -> dict[str, Any]:
    supplier = offer.supplier
    return {
        "shopName": supplier.company_name,
        "shopUrl": f"https://{supplier.shop}",
        "tpYear": 1 + supplier.user_id % 15,
        "shopData": [{"dataKey": "店铺回头率", "dataValue": f"{supplier.repeat_percent}%"}],
    }
