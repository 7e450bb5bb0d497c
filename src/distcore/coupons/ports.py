"""What must be remembered about coupons, and who counts the guesses.

The rule this file protects: what two change at once, one of them is told to try again.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.coupons.coupon import Coupon, CouponId, CouponStats
from distcore.coupons.template import CouponTemplate, TemplateId
from distcore.kernel import Instant, MemberId, SaleId


class CouponTemplates(Protocol):
    """Templates, each with the number of its setting, from 1 on; nothing is ever overwritten."""

    def put(self, template: CouponTemplate, number: int, *, at: Instant) -> None:
        """Write the next number of a template.

        Its word is its own from then on.  A number or a word that is taken is a conflict: `RetryableError`.
        """
        ...

    def newest(self, template: TemplateId) -> tuple[CouponTemplate, int] | None:
        """Return a template as it was set last, with its number."""
        ...

    def with_word(self, word: str) -> TemplateId | None:
        """Return whose a word is, in its canonical form, whether the template still has it or not."""
        ...

    def all(self) -> Iterator[tuple[CouponTemplate, int]]:
        """Yield every template by id and number."""
        ...


class Coupons(Protocol):
    """Coupons as they are now."""

    def add(self, coupons: Sequence[Coupon]) -> None:
        """Write new coupons; an id or a code that is there is a conflict: `RetryableError`."""
        ...

    def of(self, coupons: Collection[CouponId], *, for_change: bool = False) -> dict[CouponId, Coupon]:
        """Return those of these coupons that are there.

        With `for_change` they are locked in order of id until the transaction ends.
        """
        ...

    def with_code(self, ref: str) -> Coupon | None:
        """Return the coupon whose own code has this hash, locked until the transaction ends."""
        ...

    def of_order(self, order: SaleId) -> Sequence[Coupon]:
        """Return the coupons that an order has, by id, locked until the transaction ends."""
        ...

    def of_owner(self, owner: MemberId) -> Iterator[Coupon]:
        """Yield every coupon of a member by id."""
        ...

    def change(self, coupons: Sequence[Coupon]) -> None:
        """Write coupons whose revision is one more than what is kept.

        Where it is not, somebody was faster: `RetryableError`.
        """
        ...

    def stats(self, template: TemplateId, at: Instant) -> CouponStats:
        """Return what became of the coupons of a template, added up where they are kept."""
        ...

    def all(self) -> Iterator[Coupon]:
        """Yield every coupon by id."""
        ...


class Attempts(Protocol):
    """Who has guessed how often; the shop's own, beside the store: a refused claim writes nothing there."""

    def is_allowed(self, source: str, at: Instant) -> bool:
        """Say whether a source, an address or a member, may try another code."""
        ...

    def failed(self, source: str, at: Instant) -> None:
        """Note that a code of this source gave nothing."""
        ...
