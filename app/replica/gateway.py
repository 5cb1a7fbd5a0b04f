"""The gateway's part in lists: tokens, refusals and pages of searches and shops, as JSON or JSONP."""

import json
import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.replica import searching, shops
from app.replica.faults import Fault, Faults, Scope
from app.replica.lists import Lists
from app.replica.values import Offer
from app.replica.wire import JSON, SCRIPT, Reply, Request

Json = dict[str, Any]

TOKEN = "_m_h5_tk"
APIS = frozenset({searching.API, shops.MODULES, shops.SYNC_MODULES})
_CALLBACK = re.compile(r"[A-Za-z_]\w{0,80}")
_MOST_VISITORS = 1000


class Gateway:
    """Answers the calls of list pages; remembers how far each visitor of a search has come."""

    def __init__(self, lists: Lists, faults: Faults, offer_at: Callable[[int], Offer]) -> None:
        self._lists = lists
        self._faults = faults
        self._offer_at = offer_at
        self._visits: Counter[str] = Counter()
        self._reached: OrderedDict[str, int] = OrderedDict()

    def reply(self, request: Request, api: str) -> Reply:
        """The answer to a call of one of `APIS`."""
        text = request.form.get("data") or request.query.get("data", "")
        try:
            data = json.loads(text)
            assert isinstance(data, dict)
        except (ValueError, AssertionError):
            return self._sent(request, api, "FAIL_BIZ_PARAM_INVALID::参数错误", {})
        if TOKEN not in request.cookies or not request.query.get("sign"):
            return self._unsigned(request, api)
        if api == searching.API:
            return self._search(request, api, data)
        return self._shop(request, api, data)

    def _unsigned(self, request: Request, api: str) -> Reply:
        """The first call of a visitor brings him his token; his page's library asks again."""
        name = "FAIL_SYS_TOKEN_EMPTY::令牌为空"
        if TOKEN in request.cookies:
            name = "FAIL_SYS_ILLEGAL_ACCESS::非法请求"
        kept = "Path=/; Domain=1688.com; Max-Age=86400; SameSite=None; Secure"
        told = self._sent(request, api, name, {})
        return replace(told, cookies=(f"{TOKEN}={'5' * 32}_1999999999999; {kept}",))

    def _search(self, request: Request, api: str, data: Json) -> Reply:
        params = shops.inner(data.get("params"))
        if params.get("method") != "getOfferList":
            return self._sent(request, api, _SUCCESS, searching.companion(params))
        wanted = str(params.get("beginPage", 1))
        number = int(wanted) if wanted.isdigit() and wanted != "0" else 1
        afresh = self._is_afresh(str(params.get("pageId", "")), number)
        found = searching.answer(self._lists, self._offer_at, params, number=number, afresh=afresh)
        key = ":".join((*searching.named(params), str(number)))
        return self._struck(request, api, key, found)

    def _shop(self, request: Request, api: str, data: Json) -> Reply:
        module, member_id, number = shops.asked(data)
        found = shops.answer(self._lists, self._offer_at, module, member_id, number)
        if api == shops.MODULES and module == shops.OFFER_LIST:
            return self._struck(request, api, f"shop:{member_id}:{number}", found)
        return self._sent(request, api, _SUCCESS, found)

    def _is_afresh(self, visitor: str, number: int) -> bool:
        """Whether a page is asked for by somebody who has not seen the page before it."""
        before = self._reached.get(visitor, 0)
        self._reached[visitor] = max(before, number)
        while len(self._reached) > _MOST_VISITORS:
            self._reached.popitem(last=False)
        return number > before + 1

    def _struck(self, request: Request, api: str, key: str, found: Json) -> Reply:
        """The answer that brings a page of a list, or what a fault makes of it."""
        self._visits[key] += 1
        fault = self._faults.draw(key, self._visits[key], Scope.CALL)
        if fault in (Fault.BUSY, Fault.TOO_MANY):
            status = 503 if fault is Fault.BUSY else 429
            headers = {"Retry-After": "1", **_open(request)}
            return Reply(status=status, body=b"busy", headers=headers, fault=fault)
        ret, place = _REFUSALS.get(fault, (_SUCCESS, ""))
        if place:
            found = {"url": place.format(api=api)}
        elif ret != _SUCCESS or fault is Fault.GARBAGE:
            found = {}
        told = self._sent(request, api, ret, found)
        body = told.body[: len(told.body) // 2] if fault is Fault.CUT else told.body
        return replace(told, body=body, fault=fault)

    def _sent(self, request: Request, api: str, ret: str | list[str], data: Json) -> Reply:
        body = json.dumps(
            {
                "api": request.query.get("api", api),
                "v": request.query.get("v", "1.0"),
                "ret": [ret] if isinstance(ret, str) else ret,
                "data": data,
                "traceId": "0",
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        callback = request.query.get("callback", "")
        if _CALLBACK.fullmatch(callback):
            return Reply(body=f" {callback}({body})".encode(), content_type=SCRIPT)
        return Reply(body=body.encode(), content_type=JSON, headers=_open(request))


_SUCCESS = "SUCCESS::调用成功"
_BUSY = "RGV587_ERROR::SM::哎哟喂,被挤爆啦,请稍后重试"
_PUNISH = "https://h5api.m.1688.com:443//h5/{api}/1.0/_____tmd_____/punish?x5secdata=0&x5step=2&action=captcha&pureCaptcha="
_LOGIN = "https://login.1688.com/member/signin.htm?from=sm&Done=0"

_REFUSALS: dict[Fault | None, tuple[str | list[str], str]] = {
    Fault.LOGIN: ([_BUSY], _LOGIN),
    Fault.PUNISH: (["FAIL_SYS_USER_VALIDATE", _BUSY], _PUNISH),
    Fault.SLIDER: (["FAIL_SYS_USER_VALIDATE", _BUSY], _PUNISH),
    Fault.REFUSED: (["FAIL_SYS_TRAFFIC_LIMIT::哎哟喂,被挤爆啦,请稍后重试"], ""),
}
"""A block as a call's answer: its `ret`, and where `data.url` leads."""


def _open(request: Request) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": request.origin or "https://s.1688.com",
        "Access-Control-Allow-Credentials": "true",
    }
