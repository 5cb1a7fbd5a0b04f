"""The desktop page of 2025-2026: `window.context=(function(b,d){…})(window.contextPath,{…})`.

The same facts stand in three branches of the state, as on the real page: the business model, the UI
modules by name, and the bridge to the older state under `Root`.
"""

import json
from typing import Any

from app.replica.pages import padding
from app.replica.pages.context_model import model
from app.replica.pages.context_modules import modules
from app.replica.pages.frame import dressed
from app.replica.pages.state import Json, write
from app.replica.values import Offer

_PROLOGUE = (
    'window.context=(function(b,d){var c=d.module||{};var e={};for(var a in c){if(typeof c[a]==="string")'
    "{e[a]=c[a]}}Object.assign(e,c[b]||{});Object.assign(d,{module:e});return d})(window.contextPath,"
)


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The page as served, in UTF-8."""
    marks = {"%LOGIN%": _quoted(offer.supplier.login_id)}
    return dressed(offer, _PAGE, state_text(offer, padded=padded), marks, padded=padded).encode()


def state_text(offer: Offer, *, padded: bool) -> str:
    """The literal behind `window.contextPath,`: JSON but for its bare numeric keys."""
    state = _state(offer)
    text = write(state)
    if padded:
        cards: list[Any] = []
        state["result"]["data"]["shopProductRecommend"]["fields"]["items"] = cards
        text = write(padding.fill(state, cards, offer.seed, len(text)))
    company = json.dumps(offer.supplier.company_name, ensure_ascii=False)
    return text.replace(
        f'"authCompanyName":{company}', f'"authCompanyName":{_quoted(offer.supplier.company_name)}'
    )


def _quoted(text: str) -> str:
    return json.dumps(text)


def _state(offer: Offer) -> Json:
    named = modules(offer)
    return {
        "result": {
            "data": named,
            "endpoint": {
                "mode": "PC",
                "osVersion": "9.9.9",
                "protocolVersion": "3.0",
                "ultronage": True,
            },
            "global": {
                "globalData": {
                    "traceId": "0",
                    "parametersMap": {
                        "offerLoginId": json.dumps(offer.supplier.login_id)[1:-1],
                        "offerId": offer.offer_id,
                    },
                    "model": model(offer),
                },
                "name": "default",
                "renderData": {},
                "version": "1.0.0",
            },
            "hierarchy": {
                "root": "Root",
                "structure": {"Root": ["screen", "bottom"], "product": list(named)},
            },
            "reload": False,
        },
        "module": {
            f"@ali/od-{name}": "0.0.3"
            for name in ("title", "main-price", "sku-selection", "region")
        },
        "version": "0.0.44",
    }


_PAGE = (
    """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<base target="_blank">
<title>%TITLE% - 阿里巴巴</title>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width,initial-scale=1,user-scalable=yes">
<meta name="aplus-waiting" content="MAN">
<meta name="applicable-device" content="pc">
<meta name="od-version" content="2024">
<meta name="mobile-agent" content="format=html5;url=https://m.1688.com/offer/%ID%.html">
<link rel="preconnect" href="https://h5api.m.1688.com" />
<style>.sk-body{display:flex;width:100%}.sk-main{width:740px;height:740px}[hidden]{display:none}</style>
%FIRST%
<script>
window.odVersion = "2024";
window.FE_GLOBALS = {
    offerId: %ID%,
    offerLoginId: %LOGIN%,
    /*买家信息*/
    loginId: null,
    clientIP: "0.0.0.0",
    timestamp: new Date(1769588210093)
};
window.GL_PAGE_ID = window.FE_GLOBALS.loginId ? "PC-DEFAULT-" + odVersion : "PC-UNLOGIN-DEFAULT-" + odVersion;
window.GL_ARGS = new URLSearchParams({
    exParams: "contextName=default&offerType=fashion&sceneKey=dsc-pc&sceneType=default&channelType=dsc"
});
</script>
<link rel="canonical" href="https://detail.1688.com/offer/%ID%.html">
</head>
<body class="v-sonoma default od-version-2024 " data-spm="7663282">
<div id="header"></div>
<div id="content" class="antd-sonoma" style="min-height:100vh"><div class="sk"><div class="sk-body">
<div class="sk-main"></div><div class="sk-order"></div></div></div></div>
%BEFORE%
<!-- 核心数据 -->
<script>
window.contextPath = "/default";
"""
    + _PROLOGUE
    + """%STATE%);
</script>
<script>
try {
    var gallery = window.context.result.data.gallery.fields;
    gallery.mainImage.forEach(function (d, index) {
        new Image().src = index === 0 ? d + '_.webp' : d + '_b.jpg'
    });
    gallery.offerImgList.slice(gallery.mainImage.length).forEach(function (d) {
        new Image().src = d + '_sum.jpg';
    });
} catch(e) {}
</script>
%STYLES%
%LAST%
%AFTER%
</body>
</html>
"""
)
