"""What a merchant offers, as data: conditions and one effect; nothing here calculates.

Offers run stage by stage, in a stage by priority, the highest first.  Every union is closed; `assert_never`
in the verbs proves that no effect is forgotten when one is added.
"""

from enum import Enum
from typing import TypeAlias

from attrs import frozen

from distcore.kernel import Currency, Rate, Sku
from distcore.pricing.audience import ALWAYS, ANYBODY, Audience, Schedule
from distcore.pricing.products import Products

ALL = Rate.parse("100%")


class Stage(Enum):
    """When an offer runs: after all of the stages before."""

    LINE = "line"
    ORDER = "order"
    COUPON = "coupon"


class Basis(Enum):
    """Which amounts count for a threshold."""

    RUNNING = "running"
    """What is left after all offers that ran before."""
    PARALLEL = "parallel"
    """The prices before any offer, whatever ran before."""
    LIST = "list"
    """The list prices."""


class Which(Enum):
    """Which units an effect takes, of those that it may."""

    CHEAPEST = "cheapest"
    DEAREST = "dearest"


@frozen
class FromAmount:
    """From an amount on; `of` are the products that count, None: those of the offer."""

    least_minor: int
    of: Products | None = None


@frozen
class FromUnits:
    """From so many units on; `of` are the products that count, None: those of the offer."""

    least: int
    of: Products | None = None


Threshold: TypeAlias = FromAmount | FromUnits


@frozen
class PercentOff:
    """A share of what the products cost, and no more than `most_minor`."""

    rate: Rate
    most_minor: int | None = None


@frozen
class AmountOff:
    """An amount, once."""

    amount_minor: int


@frozen
class FixedPrice:
    """Each unit costs so much, if it costs more."""

    price_minor: int


@frozen
class AmountStep:
    """What is taken off from an amount on."""

    least_minor: int
    off: PercentOff | AmountOff


@frozen
class AmountSteps:
    """Of rising amounts the highest that is reached."""

    steps: tuple[AmountStep, ...]


@frozen
class UnitStep:
    """What is taken off from so many units on."""

    least: int
    off: PercentOff | AmountOff


@frozen
class UnitSteps:
    """Of rising numbers of units the highest that is reached."""

    steps: tuple[UnitStep, ...]


@frozen
class EveryAmount:
    """An amount for every full `every_minor`, at most `times_max` times."""

    every_minor: int
    amount_minor: int
    times_max: int | None = None


@frozen
class EveryUnits:
    """An amount for every full `every` units, at most `times_max` times."""

    every: int
    amount_minor: int
    times_max: int | None = None


@frozen
class NthUnit:
    """A share off one of every `nth` units."""

    nth: int
    rate: Rate
    which: Which = Which.CHEAPEST


@frozen
class BuyGet:
    """For every `buy` units bought a share is taken off `get` units, at most `times_max` times.

    `of` are the products that may be got; they don't count as bought.  None: they are those of the offer, and
    of `buy + get` units `get` are.
    """

    buy: int
    get: int
    rate: Rate = ALL
    which: Which = Which.CHEAPEST
    of: Products | None = None
    times_max: int | None = None


@frozen
class Bundle:
    """Any so many units together cost so much; the dearest are taken, while it is cheaper."""

    units: int
    price_minor: int
    times_max: int | None = None


@frozen
class Gift:
    """Units of a product for nothing, as a line of their own."""

    sku: Sku
    units: int = 1


@frozen
class ShippingOff:
    """A share of the freight, or an amount of it."""

    off: PercentOff | AmountOff


@frozen
class ExtraPoints:
    """Points when the order completes: once, or for every full `every_minor` that the products cost."""

    points: int
    every_minor: int | None = None


@frozen
class LaterCoupon:
    """Coupons of a template when the order completes."""

    template: str
    coupons: int = 1


Discount: TypeAlias = (
    PercentOff
    | AmountOff
    | FixedPrice
    | AmountSteps
    | UnitSteps
    | EveryAmount
    | EveryUnits
    | NthUnit
    | BuyGet
    | Bundle
)
"""What takes something off the goods."""

Extra: TypeAlias = Gift | ShippingOff | ExtraPoints | LaterCoupon
"""What gives something beside the goods that are paid for."""

Effect: TypeAlias = Discount | Extra


@frozen
class Offer:
    """One effect for some products, buyers and times.

    At most one offer of a `group` is applied, an `exclusive` one alone or not at all.  With `by_coupon` it is
    for those alone who have a coupon for it.  `worth_minor` is what it is worth to a buyer beside what it
    takes off: it counts where offers compete.
    """

    id: str
    currency: Currency
    effect: Effect
    products: Products | None = None
    threshold: Threshold | None = None
    basis: Basis = Basis.RUNNING
    stage: Stage = Stage.LINE
    priority: int = 0
    group: str = ""
    exclusive: bool = False
    by_coupon: bool = False
    worth_minor: int = 0
    audience: Audience = ANYBODY
    schedule: Schedule = ALWAYS
