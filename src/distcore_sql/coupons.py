"""`distcore.coupons` in tables: templates as documents, and coupons as rows.

The rule this file protects: a coupon is written by the revision that was read; the row count says whether
somebody was faster.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Executable,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from distcore.codec import Media, dump_coupon_template, load_coupon_template
from distcore.coupons import (
    Coupon,
    CouponId,
    CouponState,
    CouponStats,
    CouponTemplate,
    TemplateId,
)
from distcore.kernel import (
    Instant,
    MemberId,
    SaleId,
    canonical_code,
    micros_of,
)
from distcore_sql.paging import page_of, paged, pages
from distcore_sql.rows import (
    instant_or_none,
    micros_or_none,
    readable,
    stored_currency,
    stored_instant,
    stored_word,
)
from distcore_sql.statements import Statements, among, listed, of_shop, total
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Documents, or coupons of a member, that are read at a time."""

PAGE_OF_COUPONS: Final = 10_000
"""Coupons that are read at a time when all of them are."""


class SqlCouponTemplates:
    """Templates as they were set, and whose word is whose."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def put(self, template: CouponTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a template; of two at once the key lets one win."""
        word = canonical_code(template.word)
        owner = self.with_word(word) if word else template.id
        if owner not in (None, template.id):
            raise self._sql.conflict(f"{word!r} is there already")
        row = (template.id, number, dump_coupon_template(template), micros_of(at))
        self._sql.insert("coupon_templates", [row])
        if owner is None:
            self._sql.insert("coupon_words", [(word, template.id)])

    def newest(self, template: TemplateId) -> tuple[CouponTemplate, int] | None:
        """Return a template as it was set last, with its number."""
        row = self._sql.first(_newest, template=template)
        return None if row is None else (_template_of(row[1]), row[0])

    def with_word(self, word: str) -> TemplateId | None:
        """Return whose a word is."""
        row = self._sql.first(_with_word, word=word)
        return None if row is None else TemplateId(row[0])

    def all(self) -> Iterator[tuple[CouponTemplate, int]]:
        """Yield every template by id and number, a page at a time."""
        for _, number, body, _ in pages(self._sql, "coupon_templates", PAGE):
            yield _template_of(body), number


class SqlCoupons:
    """Coupons as they are now."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, coupons: Sequence[Coupon]) -> None:
        """Write new coupons."""
        self._sql.insert("coupons", [_row_of(each) for each in coupons])

    def of(self, coupons: Collection[CouponId], *, for_change: bool = False) -> dict[CouponId, Coupon]:
        """Return those of these coupons that are there."""
        ids = listed(sorted(set(coupons)))
        if for_change:
            self._sql.hold(_to_hold, ids=ids)
        return {each.id: each for each in map(_coupon_of, self._sql.rows(_of, ids=ids))}

    def with_code(self, ref: str) -> Coupon | None:
        """Return the coupon whose own code has this hash."""
        self._sql.hold(_code_to_hold, ref=ref)
        row = self._sql.first(_with_code, ref=ref)
        return None if row is None else _coupon_of(row)

    def of_order(self, order: SaleId) -> Sequence[Coupon]:
        """Return the coupons that an order has, by id."""
        self._sql.hold(_order_to_hold, sale=order)
        return [_coupon_of(row) for row in self._sql.rows(_of_order, sale=order)]

    def of_owner(self, owner: MemberId) -> Iterator[Coupon]:
        """Yield every coupon of a member by id, a page at a time."""
        return map(_coupon_of, paged(self._sql, _OfOwner, 1, PAGE, owner=owner))

    def change(self, coupons: Sequence[Coupon]) -> None:
        """Write coupons whose revision is one more than what is kept, one statement each."""
        for each in coupons:
            values = {f"value_{place}": value for place, value in enumerate(_row_of(each))}
            if not self._sql.change(_change, **values, before=each.revision - 1):
                raise self._sql.conflict(f"coupon {each.id} was changed meanwhile")

    def stats(self, template: TemplateId, at: Instant) -> CouponStats:
        """Return what became of the coupons of a template, added up by one statement."""
        row = self._sql.first(_stats, template=template, at=micros_of(at))
        assert row is not None, "a sum is one row"
        return CouponStats(template, *map(int, row))

    def all(self) -> Iterator[Coupon]:
        """Yield every coupon by id, a page at a time."""
        return map(_coupon_of, pages(self._sql, "coupons", PAGE_OF_COUPONS))


@lru_cache(maxsize=1024)
def _template_of(body: str) -> CouponTemplate:
    with readable("coupon template"):
        return load_coupon_template(body.encode(), Media.JSON)


def _row_of(coupon: Coupon) -> tuple[str | int | None, ...]:
    return (
        coupon.id,
        coupon.template,
        coupon.number,
        coupon.offer,
        coupon.currency,
        int(coupon.transferable),
        coupon.state.value,
        micros_of(coupon.changed_at),
        coupon.ref or None,
        coupon.owner,
        micros_or_none(coupon.claimed_at),
        micros_or_none(coupon.valid_from),
        micros_or_none(coupon.valid_until),
        coupon.order,
        coupon.revenue_minor,
        coupon.cost_minor,
        coupon.revision,
    )


def _coupon_of(row: Sequence[Any]) -> Coupon:
    return Coupon(
        id=CouponId(row[0]),
        template=TemplateId(row[1]),
        number=row[2],
        offer=row[3],
        currency=stored_currency(row[4], "coupon"),
        transferable=bool(row[5]),
        state=stored_word(CouponState, row[6], "coupon"),
        changed_at=stored_instant(row[7]),
        ref=row[8] or "",
        owner=row[9],
        claimed_at=instant_or_none(row[10]),
        valid_from=instant_or_none(row[11]),
        valid_until=instant_or_none(row[12]),
        order=row[13],
        revenue_minor=row[14],
        cost_minor=row[15],
        revision=row[16],
    )


def _newest(tables: Tables) -> Any:
    templates = tables.coupon_templates
    one = select(templates.c.number, templates.c.body).where(
        of_shop(templates), templates.c.template == bindparam("template")
    )
    return one.order_by(templates.c.number.desc()).limit(literal_column("1"))


def _with_word(tables: Tables) -> Any:
    words = tables.coupon_words
    return select(words.c.template).where(of_shop(words), words.c.word == bindparam("word"))


def _coupons(tables: Tables, condition: Any) -> Any:
    coupons = tables.coupons
    return select(*coupons.c[1:]).where(of_shop(coupons), condition).order_by(coupons.c.coupon)


def _of(tables: Tables) -> Any:
    return _coupons(tables, among(tables.coupons.c.coupon))


def _to_hold(tables: Tables) -> Any:
    return _of(tables).with_for_update()


def _with_code(tables: Tables) -> Any:
    return _coupons(tables, tables.coupons.c.ref == bindparam("ref"))


def _code_to_hold(tables: Tables) -> Any:
    return _with_code(tables).with_for_update()


def _of_order(tables: Tables) -> Any:
    return _coupons(tables, tables.coupons.c.sale == bindparam("sale"))


def _order_to_hold(tables: Tables) -> Any:
    return _of_order(tables).with_for_update()


@frozen
class _OfOwner:
    """A page of the coupons of a member: the first one, or the one that begins after an id."""

    first: bool

    def __call__(self, tables: Tables) -> Executable:
        coupons = tables.coupons
        page: Executable = page_of(coupons, first=self.first).where(coupons.c.owner == bindparam("owner"))
        return page


def _change(tables: Tables) -> Any:
    coupons = tables.coupons
    _, coupon, *columns = coupons.c
    values: Any = {column.name: bindparam(f"value_{place}") for place, column in enumerate(columns, 1)}
    as_it_was = coupons.c.revision == bindparam("before")
    return coupons.update().values(values).where(of_shop(coupons), coupon == bindparam("value_0"), as_it_was)


def _stats(tables: Tables) -> Any:
    """Add up, in the order of the fields of `CouponStats`."""
    coupons = tables.coupons
    state = coupons.c.state
    one: ColumnElement[int] = literal_column("1")
    none: ColumnElement[int] = literal_column("0")
    owned = coupons.c.owner.is_not(None)

    def number_of(*conditions: Any) -> Any:
        return func.coalesce(func.sum(case((and_(*conditions), one), else_=none)), none)

    over = coupons.c.valid_until <= bindparam("at")
    return select(
        func.count(),
        number_of(owned, state != CouponState.WITHDRAWN.value),
        number_of(state == CouponState.LOCKED.value),
        number_of(state == CouponState.USED.value),
        number_of(state == CouponState.CLAIMED.value, over),
        number_of(state == CouponState.WITHDRAWN.value),
        func.coalesce(total(coupons.c.revenue_minor), none),
        func.coalesce(total(coupons.c.cost_minor), none),
    ).where(of_shop(coupons), coupons.c.template == bindparam("template"))
