"""The shops of the local 1688: their list pages, and the answers of the modules on them.

Shapes from site/lists-shops-blocks-login.md §b2-§b5. In the gateway's answers every value is a string.
"""

import json
from collections.abc import Callable
from html import escape
from typing import Any

from app.replica.cards import shop_record
from app.replica.lists import SHOP_PAGE, Lists
from app.replica.searching import MTOP
from app.replica.values import Offer, Supplier

Json = dict[str, Any]

MODULES = "mtop.alibaba.alisite.cbu.server.moduleasyncservice"
SYNC_MODULES = "mtop.alisite.cbu.winport.sync.moduledata.get"
OFFER_LIST = "wp_pc_common_offerlist"
BUNDLE = "https://g.alicdn.com/code/npm/@ali/wp-pc-offerlist/0.1.7/index.js"


def list_page(owner: Supplier, *, scripts: bool = True) -> bytes:
    """The desktop list page: no offers, no links; the owner's id stands in its globals."""
    told = {"memberId": owner.member_id, "loginId": owner.login_id}
    tags = "".join(f'<script src="{url}"></script>' for url in (MTOP, BUNDLE)) if scripts else ""
    name = escape(owner.company_name)
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{name}_所有产品_阿里巴巴</title>
<script>window.g_config={json.dumps(told, ensure_ascii=False)};window.memberId="{owner.member_id}";</script>
</head><body><h1>{name}</h1><div id="root"></div>{tags}</body></html>
""".encode()


def mobile_page(owner: Supplier, shown: list[Offer]) -> bytes:
    """The mobile list page: the first offers are served with links; further ones its script asks for."""
    cards = "".join(
        f'<a href="https://m.1688.com/offer/{offer.offer_id}.html?offerId={offer.offer_id}">'
        f'<div class="item-title"><p>{escape(offer.title)}</p></div></a>'
        for offer in shown
    )
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{escape(owner.company_name)}</title>
<script>window.memberId="{owner.member_id}";</script><script src="{MTOP}"></script>
</head><body>{cards}</body></html>
""".encode()


def no_shop() -> bytes:
    """What stands at the address of a shop that there is not."""
    return """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>旺铺不存在</title></head><body><p>旺铺不存在</p></body></html>
""".encode()


def asked(data: Json) -> tuple[str, str, int]:
    """Module, member id and page that a call asks for."""
    params = inner(data.get("params"))
    number = str(inner(params.get("appdata")).get("pageNum", "1"))
    module = str(data.get("componentKey", "")).lower()
    return module, str(params.get("memberId", "")), int(number) if number.isdigit() else 1


def answer(
    lists: Lists, offer_at: Callable[[int], Offer], module: str, member_id: str, number: int
) -> Json:
    """What stands in the gateway's `data` for a module of a shop; {} for one that shows nothing."""
    found = lists.found("shop", member_id)
    if module == "wp_pc_common_topnav":
        category = {"offerCategoryList": [], "userDefined": "false"}
        return {"memberId": member_id, "category": category}
    if module != OFFER_LIST:
        return {}
    shown = found[(number - 1) * SHOP_PAGE : number * SHOP_PAGE]
    count = str(len(found))
    content: Json = {
        "offerCount": count,
        "offerList": [shop_record(offer_at(index)) for index in shown],
        "offerCategoryDataModel": {"offerCategoryList": [], "userDefined": "false"},
        "offerCategoryParent": {"count": count, "children": []},
        "offerSumm": {"offersCount": count, "privateOffersCount": "0", "categoryMap": {}},
    }
    if not found:
        del content["offerList"]
    return {"content": content}


def inner(value: Any) -> Json:
    """An object that travels as itself or as JSON in a string."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}
