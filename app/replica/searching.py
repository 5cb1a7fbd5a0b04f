"""The search page of the local 1688: a shell without offers, and the answer that fills it.

Shapes from site/lists-shops-blocks-login.md §a3 and the shell's own scripts.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from app.replica.cards import Place, query_card, search_card
from app.replica.lists import SEARCH_PAGE, Lists
from app.replica.values import Offer

Json = dict[str, Any]

API = "mtop.relationrecommend.wirelessrecommend.recommend"
APP_ID = 32517
MTOP = "https://g.alicdn.com/mtb/lib-mtop/2.7.2/mtop.js"
BUNDLE = "https://search.alibabausercontent.com/space-wand-faas/ossCDN/pc_major_0.0.1132_index.js"


def named(params: Json) -> tuple[str, str]:
    """Kind and value of the list that a call asks for."""
    if category := str(params.get("categoryId") or ""):
        return "category", category
    return "keyword", decoded(str(params.get("keywords") or ""))


def decoded(raw: str) -> str:
    """A keyword as the search engine reads it: GBK, so that UTF-8 becomes mojibake."""
    return unquote_to_bytes(raw).decode("gb18030", "replace") if "%" in raw else raw


def answer(
    lists: Lists, offer_at: Callable[[int], Offer], params: Json, *, number: int, afresh: bool
) -> Json:
    """What stands in the gateway's `data` for a page of a search."""
    kind, value = named(params)
    indices = lists.page(kind, value, number, afresh=afresh)
    ads = lists.ads(kind, value, number) if indices else ()
    items = _items([offer_at(i) for i in indices], [offer_at(i) for i in ads], value, number)
    offers = {
        "trackInfo": {"expoArgs": {"swExposeInfo": ""}},
        "found": len(lists.found(kind, value)),
        "code": 200,
        "keywords": value if kind == "keyword" else "",
        "hasMore": True,  # always, whatever follows
        "viewType": "list_view",
        "pcFmSwitch": True,
        "politicalSensitive": False,
        "isForbiddenWord": False,
        "items": items,
    }
    advertised = {"data": {"cpt": [], "cpc": [], "requestAdvCount": 2}}
    return _root({"OFFER": offers, "PC_FM_SWITCH": True, "ADVERTISEMENT": advertised})


def companion(params: Json) -> Json:
    """What the same call brings for another `method`: no list, whatever it looks like."""
    keywords = named(params)[1]
    return _root(
        {
            "pageConfigData": {"keywords": keywords, "beginPage": "1", "isForbidden": "false"},
            "filterData": {"snList": []},
        }
    )


def _root(inner: Json) -> Json:
    return {
        "result": [],
        "code": 200,
        "data": inner,
        "timeUsed": 464,
        "pvid": "0",
        "requestId": "0",
        "success": True,
        "mock": ["mock"],
        "sessionId": "0",
        "scm": "1007.42517.418654.0",
        "version": 1.0,
        "tpp_trace": "0",
    }


def _items(found: Sequence[Offer], ads: Sequence[Offer], keyword: str, number: int) -> list[Json]:
    """The results in their order, the ads and one proposal strewn among them."""
    cards: list[tuple[Offer | None, int | None]] = [(offer, None) for offer in found]
    rng = random.Random(f"{keyword}:{number}")
    for ad, offer in enumerate(ads):
        cards.insert(rng.randrange(len(cards) + 1), (offer, ad))
    if cards:
        cards.insert(rng.randrange(len(cards) + 1), (None, None))
    return [
        _card(offer, ad, Place(keyword=keyword, page=number, size=SEARCH_PAGE, position=position))
        for position, (offer, ad) in enumerate(cards, start=1)
    ]


def _card(offer: Offer | None, ad: int | None, place: Place) -> Json:
    return query_card(place) if offer is None else search_card(offer, place, ad=ad)


def shell(*, scripts: bool = True) -> bytes:
    """The page before anything is known; the words baxia and AWSC stand in healthy ones, too."""
    page = _SHELL.replace("%SIZE%", str(SEARCH_PAGE)).replace("%APP%", json.dumps(APP_ID))
    bundle, lib = (f'<script src="{url}"></script>' if scripts else "" for url in (BUNDLE, MTOP))
    return page.replace("%BUNDLE%", bundle).replace("%MTOP%", lib).encode()


_SHELL = """
<!DOCTYPE html>
<html lang="zh-cmn-Hans">
<head>
<meta charset="utf8">
<title>批发_供应_阿里巴巴</title>
<meta name="data-spm" content=a26352>
<meta name="splus-scene" content="search">
<meta name="spacew-unikey" content=major>
<!-- 霸下 -->
<script>window.__baxia__={};/* AWSC */</script>
%MTOP%
<style>
html, body { margin: 0; }
.initLoading { position: fixed; width: 100%; height: 100%; background: #f8f8f8; }
.list { display: flex; flex-wrap: wrap; width: 1200px; }
.offer-item { display: block; width: 230px; height: 380px; margin: 4px; background: #eee; overflow: hidden; }
.fui-paging { padding: 20px; text-align: center; }
.fui-arrow, .beside { display: inline-block; width: 32px; height: 32px; }
.footer { height: 500px; }
.bar { position: fixed; left: 0; right: 0; bottom: 0; height: 90px; background: #ffd; }
</style>
</head>
<body class="zh-cn" data-spm=13672862>
<div id="app">
  <div class="initLoading"><img src="https://img.alicdn.com/tfs/TB1example-88-34.gif" /></div>
</div>
<script>
if (!window.data) window.data = {};
(function () {
  var letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", id = "";
  for (var i = 0; i < 48; i++) id += letters[Math.floor(Math.random() * letters.length)];
  window.data.pageMessage = {"pageId":id,"pageName":"major","sessionId":"0","jsVersion":"0.0.1132"};
  window.data.pageId = id;
})();
window.updatePageTitle = function () {
  var keywords = (window.data.pageConfigData || {}).keywords || "";
  if (!keywords) return;
  var isEmpty = window.data.offerresultData && window.data.offerresultData.emptyOfferType === 1;
  document.title = isEmpty ? keywords + "_搜索" : keywords + "_" + keywords + "批发_" + keywords + "供应_阿里巴巴";
};
</script>
<script>
(function () {
  var util = window.searchUtil || (window.searchUtil = {});
  util.pageSize = %SIZE%;
  util.query = function () {
    var found = {};
    location.search.slice(1).split("&").forEach(function (part) {
      var at = part.indexOf("=");
      if (at < 0) return;
      var name = part.slice(0, at), raw = part.slice(at + 1);
      try { found[name] = name === "keywords" ? raw : decodeURIComponent(raw); } catch (e) { found[name] = raw; }
    });
    return found;
  };
  util.fetchSearchData = function (more, done) {
    var common = { verticalProductFlag: "pcmarket", searchScene: "pcOfferSearch", charset: "GBK" };
    var query = util.query();
    var params = Object.assign({ pageId: window.data.pageId }, common, query, more, { keywords: query.keywords || "" });
    if (more.beginPage === 1 && query.beginPage) params.beginPage = query.beginPage;
    var prefix = ["reqTppId", %APP%, more.method || ""].join("_");
    window.lib.mtop.request({
      api: "mtop.relationrecommend.WirelessRecommend.recommend", v: "2.0",
      data: { appId: %APP%, params: JSON.stringify(params) }, jsonpIncPrefix: prefix, ecode: 0
    }, function (answer) { done(answer.data || answer, params); }, function () {});
  };
  if (!window.lib) return;
  util.fetchSearchData({ method: "batchGetNavigationAndConfigData" }, function (answer) {
    window.data.pageConfigData = ((answer || {}).data || {}).pageConfigData || {};
    window.updatePageTitle();
  });
  util.fetchSearchData({ beginPage: 1, pageSize: util.pageSize, method: "getOfferList" }, function (answer, params) {
    var detail = { response: answer, reqParams: params, timeCost: 0 };
    window.data.offerV2 = detail;
    window.dispatchEvent(new CustomEvent("search:firstDataReady:offerV2", { detail: detail }));
  });
})();
</script>
%BUNDLE%
</body>
</html>
"""
