"""Any query as a hypothesis strategy, and what it means, told in Python over a row of values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from app.filters.fields import BY_NAME, FIELDS, Kind
from app.filters.values import All, Comparison, Not, OneOf, Op, Range, Words
from app.store.words import matches, needles
from tests.samples import TEXT

EQUAL = (Op.HAS, Op.IS, Op.IS_NOT)
ORDER = (Op.BELOW, Op.AT_MOST, Op.ABOVE, Op.AT_LEAST)
WORDS = st.sampled_from(
    [
        "音箱",
        "箱",
        "YL0003",
        "手机壳",
        "厂家直供",
        "样例",
        "speaker",
        "红",
        "现货",
        "包邮",
        "b",
        "x" * 9,
    ]
)
NAMES = st.sampled_from(["广东", "广州", "金华", "件", "个", "zh", "en", "context", "factory", "1"])
NUMBERS = st.one_of(
    st.decimals(0, 100, places=2),
    st.integers(0, 100_000).map(Decimal),
    st.sampled_from([Decimal(1)]),
)
COUNTS = st.integers(0, 100_000).map(Decimal)
MOMENTS = st.integers(0, 425 * 86_400).map(
    lambda seconds: datetime(2025, 2, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def _ordered(ends) -> Range:
    return Range(low=min(ends), high=max(ends))


VALUES = {
    Kind.TEXT: WORDS,
    Kind.NAME: NAMES,
    Kind.FLAG: st.booleans(),
    Kind.NUMBER: NUMBERS,
    Kind.COUNT: COUNTS,
    Kind.MOMENT: MOMENTS,
}
RANGED = {Kind.NUMBER, Kind.COUNT, Kind.MOMENT}


@st.composite
def comparisons(draw) -> Comparison:
    field = draw(st.sampled_from(FIELDS))
    op = draw(st.sampled_from(field.kind.ops))
    plain = st.sampled_from(field.choices) if field.choices else VALUES[field.kind]
    if op in ORDER:
        return Comparison(field=field.name, op=op, values=(draw(plain),))
    options = [plain]
    if field.kind in RANGED:
        ends = st.tuples(plain, plain).map(_ordered)
        options = [ends] if field.kind is Kind.MOMENT else [plain, ends]
    if field.nullable:
        options.append(st.none())
    values = draw(st.lists(st.one_of(options), min_size=1, max_size=3))
    return Comparison(field=field.name, op=op, values=tuple(values))


def _parts(queries):
    return st.lists(queries, min_size=2, max_size=3).map(tuple)


def queries(words=WORDS):
    """Queries that can be typed."""
    leaf = st.one_of(comparisons(), words.map(lambda text: Words(text=text)))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(lambda part: Not(part=part)),
            _parts(inner).map(lambda parts: All(parts=parts)),
            _parts(inner).map(lambda parts: OneOf(parts=parts)),
        ),
        max_leaves=8,
    )


ANY_WORDS = TEXT.filter(needles)


def means(query, row) -> bool:
    """Whether an offer is found; `row` holds the value of each field, None if unknown."""
    match query:
        case Not():
            return not means(query.part, row)
        case All():
            return all(means(part, row) for part in query.parts)
        case OneOf():
            return any(means(part, row) for part in query.parts)
        case Words():
            return all(
                any(needle in row[name] for name in ("title", "attribute", "category", "tag"))
                for needle in needles(query.text)
            )
    met = any(_met(query, value, row[query.field]) for value in query.values)
    return met is not (query.op is Op.IS_NOT)


def _met(query, value, held) -> bool:
    if value is None or held is None:
        return value is None and held is None
    field = BY_NAME[query.field]
    if field.kind is Kind.TEXT:
        return matches(value, held) if field.is_normal else value.lower() in held.lower()
    if isinstance(value, Range):
        return value.low <= held <= value.high
    return {
        Op.BELOW: held < value,
        Op.AT_MOST: held <= value,
        Op.ABOVE: held > value,
        Op.AT_LEAST: held >= value,
    }.get(query.op, held == value)
