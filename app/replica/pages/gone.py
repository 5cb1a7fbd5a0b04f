"""Pages for what is not there: off the shelf, 404, and the site's home page with its cards."""

from html import escape

from app.replica.pages import padding
from app.replica.values import Offer

WRONG_PAGE = "https://page.1688.com/shtml/static/wrongpage.html"
HOME = "https://www.1688.com/?spm=a260k.24848612.notfound&theme=index"


def off_shelf(offer: Offer) -> bytes:
    """The page that stays at the offer's address and says that it is off the shelf."""
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="UTF-8"><title>{escape(offer.title)} - 阿里巴巴</title>
<link rel="canonical" href="{offer.url}"></head>
<body class="v-sonoma default">
<div id="header"></div>
<div class="mod-detail-offline"><h3 class="mod-detail-offline-title">商品已下架</h3>
<p class="mod-detail-offline-tips">样例：去看看同类商品</p></div>
</body></html>
""".encode()


def wrong_page() -> bytes:
    """The page behind a deleted offer's redirect."""
    return """<!DOCTYPE html>
<html><head><meta charset="UTF-8"><title>404-阿里巴巴</title></head>
<body><div class="header"><h3 class="title"><em class="highlight">查找的商品已删除</em></h3></div></body></html>
""".encode()


def home(seed: int) -> bytes:
    """The home page: cards with prices, none of them the offer that was asked for."""
    cards = "".join(
        f'<div class="offer-card" data-offer-id="{card["itemId"]}"><a href="https://detail.1688.com/offer/{card["itemId"]}.html">'
        f'{card["subject"]}</a><span class="price">¥{card["priceText"]}</span></div>'
        for card in padding.recommendations(seed, 40)
    )
    return f"""<!DOCTYPE html>
<html><head><meta charset="UTF-8"><title>阿里1688</title></head>
<body><div id="home">{cards}</div></body></html>
""".encode()


def shop(company: str) -> bytes:
    """A shop's front page, without its offers."""
    return f'<!DOCTYPE html><html><head><meta charset="UTF-8"><title>{escape(company)}</title></head><body></body></html>'.encode()
