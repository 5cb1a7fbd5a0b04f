"""The invented vocabulary of the local 1688: products, places, shops. Tables only; no real offer is in here."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """What one kind of goods is called and described by."""

    noun: str
    english: str
    unit: str
    category: tuple[tuple[int, str], tuple[int, str], tuple[int, str]]
    """(id, name) from the top down."""
    axes: tuple[tuple[int, str, tuple[str, ...]], ...]
    """(fid, name, value names); an offer takes as many axes as its kind wants."""
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    grams: int


PRODUCTS: tuple[Product, ...] = (
    Product(
        noun="短袖T恤",
        english="Short sleeve T-shirt",
        unit="件",
        category=((10166, "女装"), (1042612, "上装"), (1031919, "女式T恤")),
        axes=(
            (3216, "颜色", ("云白", "炭黑", "雾蓝", "燕麦")),
            (450, "尺码", ("M", "L", "XL")),
            (1234, "版型", ("常规", "宽松")),
        ),
        attributes=(
            ("面料名称", ("精梳棉",)),
            ("版型", ("宽松型",)),
            ("图案", ("纯色",)),
            ("主要下游平台", ("样例站甲", "样例站乙")),
        ),
        grams=185,
    ),
    Product(
        noun="折叠收纳箱",
        english="Folding storage box",
        unit="个",
        category=((69, "家居用品"), (122, "收纳整理"), (1037012, "收纳箱")),
        axes=(
            (3216, "颜色", ("透明", "米色", "浅灰", "墨绿")),
            (2019, "规格", ("小号 10L", "中号 25L", "大号 45L")),
            (1234, "盖型", ("翻盖", "侧开")),
        ),
        attributes=(
            ("材质", ("聚丙烯",)),
            ("形状", ("长方形",)),
            ("是否可折叠", ("是",)),
            ("适用场景", ("卧室", "车载", "露营")),
        ),
        grams=933,
    ),
    Product(
        noun="蓝牙音箱",
        english="Bluetooth speaker",
        unit="台",
        category=((7, "数码、电脑"), (123754, "影音电器"), (121624, "音箱")),
        axes=(
            (3216, "颜色", ("曜黑", "珊瑚红", "海军蓝")),
            (361, "产品规格", ("标准版", "防水版", "防水版+支架")),
            (1234, "插头", ("国标", "欧规")),
        ),
        attributes=(
            ("型号", ("YL-20",)),
            ("电池容量", ("1200mAh",)),
            ("防水等级", ("IPX5",)),
            ("接口", ("USB-C", "AUX")),
        ),
        grams=412,
    ),
    Product(
        noun="不锈钢保温杯",
        english="Stainless steel vacuum flask",
        unit="只",
        category=((69, "家居用品"), (130823, "杯壶"), (1038378, "保温杯")),
        axes=(
            (3216, "颜色", ("本色", "奶白", "石墨")),
            (2019, "容量", ("350ml", "500ml", "750ml")),
            (1234, "刻字", ("不刻", "刻字")),
        ),
        attributes=(
            ("内胆材质", ("304不锈钢",)),
            ("保温时长", ("12小时",)),
            ("杯型", ("直身杯",)),
            ("适用对象", ("学生", "通勤")),
        ),
        grams=318,
    ),
    Product(
        noun="太阳镜",
        english="Sunglasses",
        unit="副",
        category=((54, "服饰配件"), (1032228, "眼镜"), (1033285, "太阳镜")),
        axes=(
            (3216, "颜色", ("亮黑", "砂灰", "茶棕")),
            (450, "尺码", ("均码", "均码 加盒子")),
            (1234, "镜片", ("普通", "偏光")),
        ),
        attributes=(
            ("镜框材质", ("板材",)),
            ("镜片材质", ("TAC",)),
            ("风格", ("简约",)),
            ("功能", ("防紫外线", "防眩光")),
        ),
        grams=46,
    ),
    Product(
        noun="硅胶手机壳",
        english="Silicone phone case",
        unit="个",
        category=((7, "数码、电脑"), (125, "手机配件"), (1034340, "手机保护套")),
        axes=(
            (3216, "颜色", ("透白", "薰衣草", "岩灰")),
            (2019, "适用型号", ("甲型 6.1寸", "甲型 6.7寸", "乙型")),
            (1234, "挂绳", ("无", "带绳")),
        ),
        attributes=(
            ("材质", ("液态硅胶",)),
            ("款式", ("全包",)),
            ("工艺", ("一体成型",)),
            ("特性", ("防摔", "防滑")),
        ),
        grams=28,
    ),
)

MANNERS = ("跨境", "新款", "简约", "厂家直供", "加厚", "可定制", "轻便", "复古")
PURPOSES = ("批发", "现货", "家用", "户外", "礼品", "通勤", "日用", "外贸")

PLACES: tuple[tuple[str, str], ...] = (
    ("广东", "广州"),
    ("浙江", "金华"),
    ("福建", "泉州"),
    ("江苏", "苏州"),
    ("山东", "青岛"),
    ("河北", "保定"),
)

SHOP_NAMES = ("云杉样例", "北岸样例", "拾光样例", "青禾样例", "远山样例", "石桥样例", "朝阳样例")
SHOP_FORMS = ("服饰有限公司", "日用品厂", "电子科技有限公司", "贸易商行（个体工商户）")
SHOP_KINDS = ("factory", "cjgc", "default")

SERVICES: tuple[tuple[str, str], ...] = (
    ("qtwlybt", "7天无理由退货"),
    ("ssbxsfh", "晚发必赔"),
    ("thbyf_s", "退货包运费"),
    ("lsjst_s", "极速退款"),
)

ODD_NAMES = (
    "【YL{n:02}】{name}",
    "{name}+配件{n}",
    "{name}>{n}号",
    "{name}（约{n}斤）",
    "{name} / {n}",
)
"""Value names as sellers write them: brackets, plus, a real `>`, spaces, slashes."""
