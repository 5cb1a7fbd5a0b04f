"""What products that several suppliers sell are called: goods, their features, models. Tables only."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """One sort of goods, of which there are many products."""

    nouns: tuple[str, ...]
    """The same thing, as different sellers call it."""
    leaf: tuple[int, str]
    sizes: tuple[str, ...]
    """Of which a product has one, in its title."""
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    """(name, values of which a product has one)."""


GOODS: tuple[Goods, ...] = (
    Goods(
        nouns=("保温杯", "保温水杯"),
        leaf=(1038378, "保温杯"),
        sizes=("350ml", "500ml", "750ml", "1000ml"),
        attributes=(
            ("内胆材质", ("304不锈钢", "316不锈钢")),
            ("杯型", ("直身杯", "弹跳杯", "吸管杯")),
            ("保温时长", ("6小时", "12小时", "24小时")),
        ),
    ),
    Goods(
        nouns=("收纳箱", "整理箱"),
        leaf=(1037012, "收纳箱"),
        sizes=("10L", "25L", "45L", "80L"),
        attributes=(
            ("材质", ("聚丙烯", "牛津布", "亚克力")),
            ("形状", ("长方形", "正方形")),
            ("是否可折叠", ("是", "否")),
        ),
    ),
    Goods(
        nouns=("蓝牙音箱", "无线音响"),
        leaf=(121624, "音箱"),
        sizes=("5W", "10W", "20W"),
        attributes=(
            ("电池容量", ("800mAh", "1200mAh", "2400mAh")),
            ("防水等级", ("IPX4", "IPX5", "IPX7")),
            ("外壳", ("塑料", "金属", "布艺")),
        ),
    ),
    Goods(
        nouns=("台灯", "护眼灯"),
        leaf=(1031811, "台灯"),
        sizes=("5W", "8W", "12W"),
        attributes=(
            ("光源", ("LED", "三基色")),
            ("开关", ("触摸", "旋钮", "遥控")),
            ("供电", ("充电", "插电")),
        ),
    ),
    Goods(
        nouns=("雨伞", "晴雨伞"),
        leaf=(1035711, "雨伞"),
        sizes=("48cm", "55cm", "62cm"),
        attributes=(
            ("伞骨", ("8骨", "10骨", "16骨")),
            ("开合", ("手动", "半自动", "全自动")),
            ("伞面", ("碰击布", "黑胶")),
        ),
    ),
    Goods(
        nouns=("宠物窝", "宠物垫"),
        leaf=(1045521, "宠物窝"),
        sizes=("40cm", "50cm", "60cm", "80cm"),
        attributes=(
            ("面料", ("短毛绒", "牛津布", "长毛绒")),
            ("填充物", ("珍珠棉", "海绵")),
            ("可拆洗", ("是", "否")),
        ),
    ),
)

STYLES = (
    "小熊", "条纹", "北欧", "日式", "复古", "极简", "卡通", "云朵", "格子", "国潮", "豹纹", "樱花", "星空", "几何", "渐变", "磨砂",
    "木纹", "蕾丝", "海洋", "森系", "水墨", "涂鸦", "流苏", "编织", "恐龙", "柠檬", "草莓", "向日葵", "大理石", "马卡龙",
)  # fmt: skip
FEATURES = (
    "便携", "加厚", "可折叠", "大容量", "防滑", "静音", "轻奢", "可爱", "户外", "学生", "办公室", "车载", "桌面", "旅行", "防水",
    "耐磨", "多功能", "创意", "儿童", "情侣", "商务", "露营", "宿舍", "卧室", "智能", "迷你", "高颜值", "易清洗", "免安装", "双层",
)  # fmt: skip
FILLERS = (
    "批发", "厂家直销", "现货", "跨境", "新款", "爆款", "外贸", "一件代发", "网红", "亚马逊", "源头工厂", "热销", "定制", "包邮", "礼品",
)  # fmt: skip
BRANDS = ("样例", "无", "其他")
VARIANTS = ("model", "size", "pieces", "style")
"""In what the products of a family differ, by its number."""
