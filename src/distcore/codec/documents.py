"""The documents: their headers, their versions, and how an old one becomes a new one.

The rule this file protects: a document that was ever valid can be read for ever.  Whoever changes
what a document looks like adds one to its version and a function that makes the new form of the old.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from distcore.codec.convert import converter_for, read
from distcore.codec.media import Media, Table, check_length, parse
from distcore.codec.points import PointsDocument, document_problems
from distcore.commission import Plan, plan_errors
from distcore.coupons import CouponTemplate, coupon_template_problems
from distcore.groups import GroupSale, group_sale_problems
from distcore.kernel import InputError, Problem, Severity, ShopPolicy, limits, policy_problems, shown
from distcore.members import TierPolicy, part_problems, reach_problems
from distcore.pricing import (
    FreightTemplate,
    Offer,
    PointsIn,
    PriceList,
    Quote,
    Wanted,
    offer_problems,
    price_list_problems,
    quote_problems,
    template_problems,
    wanted_problems,
)
from distcore.settlement import SettlementPolicy, settlement_policy_problems

T = TypeVar("T")

Upgrade: TypeAlias = Callable[[Table], Table]
"""Makes the fields of version n + 1 of those of version n.

It works on what was parsed, before anything is checked: what it does not understand it leaves alone.
"""


@frozen
class Format(Generic[T]):
    """A kind of document: its name, its newest version, what it is read as, and its upgrades.

    `problems_of` finds what is impossible about a value as a whole, with paths into its document.  What is
    in `together`, by a path, compares all that lies there: it is asked only where all of that is sound.
    """

    name: str
    version: int
    root: type[T]
    problems_of: Callable[[T], tuple[Problem, ...]]
    upgrades: Mapping[int, Upgrade] = field(factory=dict)
    together: Mapping[str, Callable[[T], tuple[Problem, ...]]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Make sure that no version is forgotten."""
        assert set(self.upgrades) == set(range(1, self.version)), f"{self.name} lacks an upgrade"


PLAN: Final = Format("commission-plan", 1, Plan, plan_errors)
POLICY: Final = Format("shop-policy", 1, ShopPolicy, policy_problems)
SETTLEMENT: Final = Format("settlement-policy", 1, SettlementPolicy, settlement_policy_problems)
TIERS: Final = Format("tier-policy", 1, TierPolicy, part_problems, together={"$.tiers": reach_problems})
OFFER: Final = Format("offer", 1, Offer, offer_problems)
PRICES: Final = Format("price-list", 1, PriceList, price_list_problems)
FREIGHT: Final = Format("freight-template", 1, FreightTemplate, template_problems)
POINTS: Final = Format("points-policy", 1, PointsDocument, document_problems)
COUPONS: Final = Format("coupon-template", 1, CouponTemplate, coupon_template_problems)
GROUPS: Final = Format("group-sale", 1, GroupSale, group_sale_problems)
QUOTE: Final = Format("quote", 1, Quote, quote_problems)
CART: Final = Format("cart", 1, Wanted, wanted_problems)


def load_plan(data: bytes, media: Media) -> Plan:
    """Return the plan that a `commission-plan` document holds; `InputError` has all that is wrong.

    Warnings are not looked at: `commission.plan_problems` has them.
    """
    return load(data, media, PLAN)


def draft_plan(data: bytes, media: Media) -> Plan:
    """Return the plan that a `commission-plan` document holds, possible or not: see `plan_errors`.

    `InputError` has all that is wrong where the document can't be read.
    """
    try:
        return load(data, media, evolve(PLAN, problems_of=lambda _: ()))
    except InputError:
        return load_plan(data, media)


def dump_plan(plan: Plan) -> str:
    """Return a plan as a JSON document, with defaults written out and sorted keys.

    `InputError` for a plan that could not be loaded again.
    """
    return dump(plan, PLAN, currency=plan.currency)


def load_policy(data: bytes, media: Media) -> ShopPolicy:
    """Return the policy that a `shop-policy` document holds; `InputError` has all that is wrong."""
    return load(data, media, POLICY)


def dump_policy(policy: ShopPolicy) -> str:
    """Return a policy as a JSON document, with defaults written out and sorted keys.

    `InputError` for a policy that could not be loaded again.
    """
    return dump(policy, POLICY)


def load_settlement(data: bytes, media: Media) -> SettlementPolicy:
    """Return the policy that a `settlement-policy` document holds; `InputError` has all that is wrong."""
    return load(data, media, SETTLEMENT)


def dump_settlement(policy: SettlementPolicy) -> str:
    """Return a settlement policy as a JSON document, with defaults written out and sorted keys.

    `InputError` for a policy that could not be loaded again.
    """
    return dump(policy, SETTLEMENT, currency=policy.currency)


def load_tiers(data: bytes, media: Media) -> TierPolicy:
    """Return the policy that a `tier-policy` document holds; `InputError` has all that is wrong."""
    return load(data, media, TIERS)


def dump_tiers(policy: TierPolicy) -> str:
    """Return a tier policy as a JSON document, with defaults written out and sorted keys.

    `InputError` for a policy that could not be loaded again.
    """
    return dump(policy, TIERS, currency=policy.currency)


def load_offer(data: bytes, media: Media) -> Offer:
    """Return the offer that an `offer` document holds; `InputError` has all that is wrong."""
    return load(data, media, OFFER)


def dump_offer(offer: Offer) -> str:
    """Return an offer as a JSON document, with defaults written out and sorted keys.

    `InputError` for an offer that could not be loaded again.
    """
    return dump(offer, OFFER, currency=offer.currency)


def load_price_list(data: bytes, media: Media) -> PriceList:
    """Return the prices that a `price-list` document holds; `InputError` has all that is wrong."""
    return load(data, media, PRICES)


def dump_price_list(prices: PriceList) -> str:
    """Return a price list as a JSON document, with defaults written out and sorted keys.

    `InputError` for one that could not be loaded again: some thousand prices fill a document.
    """
    return dump(prices, PRICES, currency=prices.currency)


def load_freight(data: bytes, media: Media) -> FreightTemplate:
    """Return the template that a `freight-template` document holds; `InputError` has all that is wrong."""
    return load(data, media, FREIGHT)


def dump_freight(template: FreightTemplate) -> str:
    """Return a freight template as a JSON document, with defaults written out and sorted keys.

    `InputError` for a template that could not be loaded again.
    """
    return dump(template, FREIGHT, currency=template.currency)


def load_coupon_template(data: bytes, media: Media) -> CouponTemplate:
    """Return the template that a `coupon-template` document holds; `InputError` has all that is wrong."""
    return load(data, media, COUPONS)


def dump_coupon_template(template: CouponTemplate) -> str:
    """Return a template of coupons as a JSON document, with defaults written out and sorted keys.

    `InputError` for a template that could not be loaded again.
    """
    return dump(template, COUPONS, currency=template.currency)


def load_points(data: bytes, media: Media) -> PointsIn:
    """Return what a `points-policy` document says of points; `InputError` has all that is wrong."""
    return load(data, media, POINTS).meant


def dump_points(points: PointsIn) -> str:
    """Return what points are worth as a JSON document, with defaults written out and sorted keys.

    `InputError` for a policy that could not be loaded again.
    """
    return dump(PointsDocument.of(points), POINTS, currency=points.currency)


def load_group_sale(data: bytes, media: Media) -> GroupSale:
    """Return the sale that a `group-sale` document holds; `InputError` has all that is wrong."""
    return load(data, media, GROUPS)


def dump_group_sale(sale: GroupSale) -> str:
    """Return a group sale as a JSON document, with defaults written out and sorted keys.

    `InputError` for a sale that could not be loaded again.
    """
    return dump(sale, GROUPS, currency=sale.currency)


def load_quote(data: bytes, media: Media) -> Quote:
    """Return the quote that a `quote` document holds; `InputError` has all that is wrong."""
    return load(data, media, QUOTE)


def dump_quote(found: Quote) -> str:
    """Return a quote as a JSON document, with defaults written out and sorted keys.

    `InputError` for one that could not be loaded again: what thousands of prices say fills a document.
    """
    return dump(found, QUOTE, currency=found.currency)


def load_cart(data: bytes, media: Media) -> Wanted:
    """Return what a `cart` document asks the price of; `InputError` has all that is wrong."""
    return load(data, media, CART)


def dump_cart(wanted: Wanted) -> str:
    """Return what is wanted as a JSON document, with defaults written out and sorted keys.

    `InputError` for what could not be loaded again.
    """
    return dump(wanted, CART, currency=wanted.currency)


def load(data: bytes, media: Media, form: Format[T]) -> T:
    """Return what a document of a format holds."""
    tree, problems = parse(data, media)
    problems += tuple(_name_problems(tree, form))
    version, version_problems = _version_of(tree, form)
    if version is None:  # nobody knows what the rest of it means
        raise InputError(_at_most(problems + version_problems))
    body = _body(tree, version, form)
    made = read(converter_for(body.get("currency")), body, form.root)
    problems += version_problems
    problems += tuple(evolve(problem, where="$" + problem.where) for problem in made.problems)
    if len(problems) < limits.PROBLEMS_MAX:
        problems += tuple(_whole_problems(form, made.value, problems))
    if problems:
        raise InputError(_at_most(problems))
    value: T = made.value
    return value


def dump(value: T, form: Format[T], *, currency: object = None) -> str:
    """Return a value as a JSON document of a format; its amounts are in this currency."""
    problems = tuple(_whole_problems(form, value, ()))
    if problems:
        raise InputError(problems)
    header = {"document": form.name, "version": form.version}
    tree = header | converter_for(currency).unstructure(value)
    text = json.dumps(tree, ensure_ascii=False, indent=2, sort_keys=True)
    check_length(text.encode())
    return text


def _name_problems(tree: Table, form: Format[T]) -> Iterator[Problem]:
    expected = f'document = "{form.name}"'
    if "document" not in tree:
        yield Problem("$.document", "is missing", expected)
    elif tree["document"] != form.name:
        yield Problem("$.document", f"not a {form.name}: {shown(tree['document'])}", expected)


def _version_of(tree: Table, form: Format[T]) -> tuple[int | None, tuple[Problem, ...]]:
    """Return the version of a document, None where there is no such version; a missing one is the newest."""
    version = tree.get("version")
    if "version" not in tree:
        missing = Problem("$.version", "is missing", f"version = {form.version}")
        return form.version, (missing,)
    if type(version) is int and 1 <= version <= form.version:
        return version, ()
    hint = f"this release reads versions up to {form.version}"
    if type(version) is int and version > form.version:
        newer = f"newer than this release knows: {shown(version)}"
        return None, (Problem("$.version", newer, f"{hint}; a newer one may read it"),)
    return None, (Problem("$.version", f"no such version: {shown(version)}", hint),)


def _body(tree: Table, version: int, form: Format[T]) -> Table:
    body = {key: tree[key] for key in tree if key not in ("document", "version")}
    for each in range(version, form.version):
        body = form.upgrades[each](body)
    return body


def _whole_problems(form: Format[T], value: T, parts: tuple[Problem, ...]) -> Iterator[Problem]:
    """Yield the errors of a value as a whole, but those of parts where stand-ins stand."""
    broken, found = {problem.where for problem in parts}, list(parts)
    for problem in form.problems_of(value):
        if problem.severity is Severity.ERROR and broken.isdisjoint(problem.ways):
            yield problem
            found.append(problem)
    if not form.together:
        return
    places = {way for problem in found for way in problem.ways}
    for where, problems_of in form.together.items():
        if where not in places:
            yield from problems_of(value)


def _at_most(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if len(problems) <= limits.PROBLEMS_MAX:
        return problems
    more = Problem("$", "there are more problems than are listed", "mend these first")
    return (*problems[: limits.PROBLEMS_MAX - 1], more)
