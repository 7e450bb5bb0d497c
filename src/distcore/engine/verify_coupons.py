"""Is what is kept of coupons still possible?  Templates, coupons, and what is counted of them."""

from collections import Counter
from collections.abc import Iterator

from attrs import evolve

from distcore.coupons import COUNTED, Coupon, CouponState, TemplateId, coupon_template_problems
from distcore.kernel import Count, Problem, shown
from distcore.ports import Transaction


def coupon_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with coupons; what is counted in total is how many there are."""
    known: dict[TemplateId, int] = {}
    for template, number in tx.coupon_templates.all():
        where = f"number {number} of coupon template {shown(template.id)}"
        if number != known.get(template.id, 0) + 1:
            yield Problem(where, f"number {known.get(template.id, 0) + 1} is missing")
        known[template.id] = number
        for each in coupon_template_problems(template):
            yield evolve(each, where=f"{where}, {each.where}")
    there: Counter[TemplateId] = Counter()
    for coupon in tx.coupons.all():
        there[coupon.template] += 1
        yield from _wrong_with(coupon, known)
    counted = [(count, units) for count, units in tx.counts.all() if count == Count(COUNTED, count.of)]
    taken = {TemplateId(count.of): units for count, units in counted}
    for id in sorted(there.keys() | taken.keys()):
        if there[id] != taken.get(id, 0):
            message = f"{taken.get(id, 0)} are counted, and there are {there[id]}"
            yield Problem(f"coupon template {shown(id)}", message)


def _wrong_with(coupon: Coupon, known: dict[TemplateId, int]) -> Iterator[Problem]:
    """Yield what is wrong with one: its state says what it must have, and what it can't."""
    where = f"coupon {shown(coupon.id)}"
    if not 1 <= coupon.number <= known.get(coupon.template, 0):
        yield Problem(where, f"there is no number {coupon.number} of its template {shown(coupon.template)}")
    taken = coupon.state in (CouponState.LOCKED, CouponState.USED)
    if (coupon.order is not None) != taken:
        yield Problem(where, f"it is {coupon.state.value}, and {'has no' if taken else 'has an'} order")
    owned = (coupon.owner, coupon.claimed_at, coupon.valid_from, coupon.valid_until)
    must = taken or coupon.state is CouponState.CLAIMED
    if len({each is None for each in owned}) > 1 or (must and coupon.owner is None):
        yield Problem(where, "it is claimed by half")
    if coupon.state is CouponState.ISSUED and (coupon.owner is not None or not coupon.ref):
        yield Problem(where, "it is issued, and has an owner or no code")
    if coupon.state is not CouponState.USED and (coupon.revenue_minor or coupon.cost_minor):
        yield Problem(where, f"it is {coupon.state.value}, and took something off")
