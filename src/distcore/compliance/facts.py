"""What compliance looks at: what a plan pays, to whom and when, in words that no plan is needed for.

Whoever knows plans translates one into this.  The one rule this file protects: what is not known is not taken
for harmless; a level without a bound and a share without one are `None`.
"""

from datetime import date

from attrs import frozen


@frozen
class Payment:
    """What is paid at one place of a plan, `where`, unless it is a reward of zero.

    `level_max` is the highest level above the buyer that is paid, 0 for the buyer alone, None without a
    bound; `counts_buyer` says that a buyer who is a member is level 1.  With `passes_over` whoever does not
    qualify uses up no level.  `per_head` is an amount for having brought somebody, whatever was bought;
    `may_be_per_head` says that it may come to that.
    """

    where: str
    level_max: int | None
    to_buyer: bool = False
    counts_buyer: bool = False
    passes_over: bool = False
    per_head: bool = False
    may_be_per_head: bool = False


@frozen
class PaidTier:
    """A tier that something is paid to, where the plan names it, or leaves others out.

    Where it is not certain that others are paid less, `is_certain` is no.
    """

    tier: str
    where: str
    is_certain: bool = True


@frozen
class PlanFacts:
    """What is to be known about a plan.

    It is in force from the first to the last day, for ever without one.  `share_ppm` is the largest share
    of the net that it can ever pay, None without a bound.  `fee_tiers` are the tiers that the shop asks a fee
    for, an empty text for joining itself.  `heads_max` is how many may take part, None where nothing says.
    """

    first_day: date
    last_day: date | None
    payments: tuple[Payment, ...]
    tiers: tuple[PaidTier, ...]
    counts_from_completion: bool
    share_ppm: int | None
    fee_tiers: tuple[str, ...] = ()
    heads_max: int | None = None

    @property
    def paying_buyer(self) -> tuple[Payment, ...]:
        """What a buyer may be paid for the own purchase."""
        return tuple(each for each in self.payments if each.to_buyer)

    @property
    def depth_max(self) -> int | None:
        """How many levels one sale may pay: up to the highest that is paid, with the buyer's if that is.

        None without a bound.  Whoever is passed over stands on no level.
        """
        pays_buyer = bool(self.paying_buyer)
        deepest = 0
        for each in self.payments:
            if each.level_max is None:
                return None
            deepest = max(deepest, each.level_max + (pays_buyer and not each.counts_buyer))
        return deepest
