"""Province and city of where a page ships from: `广东省广州市`, `广东 广州`, `浙江金华`. Pure."""

import re

PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江",
    "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州",
    "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港",
    "澳门",
)  # fmt: skip
"""By their short names; no one begins another."""
OWN_CITIES = ("北京", "天津", "上海", "重庆", "香港", "澳门")
"""Cities that are provinces; what follows them is a district."""
_PROVINCE = re.compile(
    rf"\s*({'|'.join(PROVINCES)})(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)?[\s,，·/-]*"
)
_PEOPLES = "朝鲜|土家|苗|藏|羌|彝|侗|布依|傣|壮|哈尼|景颇|傈僳|白|回|蒙古|柯尔克孜|哈萨克"
_CITY = re.compile(
    rf"([^\s,，·/-]{{2,12}}?)(?:(?:(?:{_PEOPLES})族?){{1,3}}自治州|市|地区|盟|(?=[\s,，·/-]|$))"
)


def region(place: str | None) -> tuple[str | None, str | None]:
    """Province and city by their short names (`广东`, `广州`), None where the text does not tell.

    A city without its province, as `义乌`, is taken for the city; anything that is not Chinese, or
    longer than a place, for neither.
    """
    text = (place or "").strip()
    found = _PROVINCE.match(text)
    province = found[1] if found else None
    if province in OWN_CITIES:
        return province, province
    return province, _city(text[found.end() :] if found else text)


def _city(text: str) -> str | None:
    found = _CITY.match(text)
    if not found or not "一" <= text[0] <= "鿿":
        return None
    return found[1]
