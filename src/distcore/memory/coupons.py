"""Coupons and their templates, in memory."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Final

from distcore.coupons import Coupon, CouponId, CouponState, CouponStats, CouponTemplate, TemplateId
from distcore.kernel import Instant, MemberId, RetryableError, SaleId, canonical_code
from distcore.memory.journal import Journal

ATTEMPTS_MAX: Final = 10
"""Codes that may give nothing before a source has to wait: more than anybody mistypes."""

WAIT: Final = timedelta(hours=1)
"""For how long what gave nothing is counted."""

SOURCES_MAX: Final = 10_000
"""Sources after which those that have nothing to be counted any more are forgotten."""


class MemoryCouponTemplates:
    """`distcore.coupons.CouponTemplates` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._templates: dict[tuple[TemplateId, int], CouponTemplate] = {}
        self._newest: dict[TemplateId, int] = {}
        self._words: dict[str, TemplateId] = {}

    def put(self, template: CouponTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a template, and its word if it is new."""
        word = canonical_code(template.word)
        if word and self._words.get(word, template.id) != template.id:
            raise RetryableError(f"{word!r} is there already")
        self._journal.insert(self._templates, (template.id, number), template)
        self._journal.put(self._newest, template.id, max(number, self._newest.get(template.id, 0)))
        if word:
            self._journal.put(self._words, word, template.id)

    def newest(self, template: TemplateId) -> tuple[CouponTemplate, int] | None:
        """Return a template as it was set last, with its number."""
        number = self._newest.get(template)
        return None if number is None else (self._templates[template, number], number)

    def with_word(self, word: str) -> TemplateId | None:
        """Return whose a word is."""
        return self._words.get(word)

    def all(self) -> Iterator[tuple[CouponTemplate, int]]:
        """Yield every template by id and number."""
        for key in sorted(self._templates):
            yield self._templates[key], key[1]


class MemoryCoupons:
    """`distcore.coupons.Coupons` in dictionaries, with the ways to a coupon beside it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._coupons: dict[CouponId, Coupon] = {}
        self._refs: dict[str, CouponId] = {}
        self._orders: dict[SaleId, frozenset[CouponId]] = {}
        self._owners: dict[MemberId, frozenset[CouponId]] = {}

    def add(self, coupons: Sequence[Coupon]) -> None:
        """Write new coupons."""
        for each in coupons:
            self._journal.insert(self._coupons, each.id, each)
            if each.ref:
                self._journal.insert(self._refs, each.ref, each.id)
            self._place(None, each)

    def of(self, coupons: Collection[CouponId], *, for_change: bool = False) -> dict[CouponId, Coupon]:
        """Return those of these coupons that are there."""
        return {id: self._coupons[id] for id in sorted(set(coupons)) if id in self._coupons}

    def with_code(self, ref: str) -> Coupon | None:
        """Return the coupon whose own code has this hash."""
        id = self._refs.get(ref)
        return None if id is None else self._coupons[id]

    def of_order(self, order: SaleId) -> Sequence[Coupon]:
        """Return the coupons that an order has, by id."""
        return [self._coupons[id] for id in sorted(self._orders.get(order, ()))]

    def of_owner(self, owner: MemberId) -> Iterator[Coupon]:
        """Yield every coupon of a member by id."""
        for id in sorted(self._owners.get(owner, ())):
            yield self._coupons[id]

    def change(self, coupons: Sequence[Coupon]) -> None:
        """Write coupons whose revision is one more than what is kept."""
        for each in coupons:
            before = self._coupons.get(each.id)
            if before is None or before.revision + 1 != each.revision:
                raise RetryableError(f"coupon {each.id} was changed meanwhile")
            self._journal.put(self._coupons, each.id, each)
            self._place(before, each)

    def stats(self, template: TemplateId, at: Instant) -> CouponStats:
        """Return what became of the coupons of a template; looks at every coupon."""
        of = [each for each in self._coupons.values() if each.template == template]
        states = [each.state for each in of]
        kept = [each for each in of if each.state is not CouponState.WITHDRAWN and each.owner is not None]
        over = [each for each in kept if each.state is CouponState.CLAIMED]
        return CouponStats(
            template,
            issued=len(of),
            claimed=len(kept),
            locked=states.count(CouponState.LOCKED),
            used=states.count(CouponState.USED),
            expired=sum([each.valid_until is not None and each.valid_until <= at for each in over]),
            withdrawn=states.count(CouponState.WITHDRAWN),
            revenue_minor=sum([each.revenue_minor for each in of]),
            cost_minor=sum([each.cost_minor for each in of]),
        )

    def all(self) -> Iterator[Coupon]:
        """Yield every coupon by id."""
        for id in sorted(self._coupons):
            yield self._coupons[id]

    def _place(self, before: Coupon | None, after: Coupon) -> None:
        """Keep the ways to a coupon by its order and its owner."""
        if before is not None and before.order is not None:
            self._journal.put(self._orders, before.order, self._orders[before.order] - {before.id})
        if before is not None and before.owner is not None:
            self._journal.put(self._owners, before.owner, self._owners[before.owner] - {before.id})
        if after.order is not None:
            self._journal.put(self._orders, after.order, self._orders.get(after.order, _NONE) | {after.id})
        if after.owner is not None:
            self._journal.put(self._owners, after.owner, self._owners.get(after.owner, _NONE) | {after.id})


_NONE: Final[frozenset[CouponId]] = frozenset()


class MemoryAttempts:
    """`distcore.coupons.Attempts` of one process: some failures, then a wait; the rest is forgotten.

    >>> from datetime import datetime, UTC
    >>> noon, guesses = datetime(2026, 11, 1, 12, tzinfo=UTC), MemoryAttempts(attempts_max=1)
    >>> guesses.failed("203.0.113.7", noon)
    >>> guesses.is_allowed("203.0.113.7", noon), guesses.is_allowed("203.0.113.8", noon)
    (False, True)
    >>> guesses.is_allowed("203.0.113.7", noon + WAIT)
    True
    """

    def __init__(self, attempts_max: int = ATTEMPTS_MAX, *, sources_max: int = SOURCES_MAX) -> None:
        self._attempts_max = attempts_max
        self._sources_max = sources_max
        self._failed: dict[str, list[Instant]] = {}

    def is_allowed(self, source: str, at: Instant) -> bool:
        """Say whether a source may try another code."""
        return len(self._lately(source, at)) < self._attempts_max

    def failed(self, source: str, at: Instant) -> None:
        """Note that a code of this source gave nothing."""
        if len(self._failed) >= self._sources_max:
            self._failed = {each: lately for each in self._failed if (lately := self._lately(each, at))}
        self._failed[source] = [*self._lately(source, at), at]

    def _lately(self, source: str, at: Instant) -> list[Instant]:
        return [each for each in self._failed.get(source, ()) if at - each < WAIT]
