"""Column types and the base class of all tables; DDL facts only.

Two databases, one meaning: ids are str in Python and BIGINT UNSIGNED in MySQL, money is exact,
times are aware UTC with microseconds, text is compared byte by byte.
"""

from decimal import Decimal
from typing import Any, ClassVar, cast

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Dialect,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    types,
)
from sqlalchemy.dialects import mysql
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a later migration can drop it on both databases."""

MYSQL = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
"""Text equality is exact: `a` is not `A`, and an emoji is not another."""


class Row(SQLModel):
    """Base of the table classes. They serve DDL and queries; rows are written with Core."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


def table(model: type[SQLModel]) -> Table:
    """The Core table of a table class."""
    return cast("Table", vars(model)["__table__"])


class BigNumber(types.TypeDecorator[int]):
    """A count up to 2**63: the smaller of the two databases' limits."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.BIGINT(unsigned=True))
        return dialect.type_descriptor(BigInteger())


class Bits(BigNumber):
    """64 bits as a number: unsigned in Python and MySQL, the same bits in SQLite's signed one."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None or dialect.name == "mysql" or value < 1 << 63:
            return value  # type: ignore[no-any-return]
        return int(value) - (1 << 64)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else value % (1 << 64)


class Gram(BigNumber):
    """32 bits of a text (`app.store.words`)."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.INTEGER(unsigned=True))
        return dialect.type_descriptor(BigInteger())


class OfferKey(BigNumber):
    """An offer id: digits as str outside, a number inside."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else str(value)


class Instant(UTCDateTime):
    """An aware UTC time with microseconds (MySQL's plain DATETIME drops them)."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return super().load_dialect_impl(dialect)


def _numeric(dialect: Dialect, digits: int, decimals: int) -> types.TypeEngine[Any]:
    if dialect.name == "mysql":
        return Numeric(digits, decimals)
    return Numeric(digits, decimals, asdecimal=False)


class Amount(types.TypeDecorator[Decimal]):
    """Money, kilograms or centimetres: 14 digits, four of them decimals.

    SQLite keeps numbers as doubles; 14 digits come back exactly from their shortest form.
    """

    impl = Numeric(14, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        return dialect.type_descriptor(_numeric(dialect, 14, 4))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(str(value))


class Share(Amount):
    """A score or a rate between 0 and 9.999999."""

    impl = Numeric(7, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        return dialect.type_descriptor(_numeric(dialect, 7, 6))


class ShortText(types.TypeDecorator[str]):
    """An id or a fixed word; may stand in keys."""

    impl = String(64)
    cache_ok = True


class LongText(types.TypeDecorator[str]):
    """A title, a URL, a reason: up to 16,000 characters, never in keys."""

    impl = Text
    cache_ok = True


class Document(types.TypeDecorator[str]):
    """A file of another site, up to 16 MB; read as a whole."""

    impl = Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
    cache_ok = True


class Parts(types.TypeDecorator[Any]):
    """Small nested values that are read with their row and never searched; None is SQL NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True


class AnyValue(types.TypeDecorator[Any]):
    """One value of any kind as JSON; None is SQL NULL.

    A text column: SQLite would make a number of the JSON `7`, and lose digits of long ones.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        return dialect.type_descriptor(mysql.LONGTEXT() if dialect.name == "mysql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else orjson.loads(value)
