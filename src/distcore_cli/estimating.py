"""`distcore estimate`: what each level would earn of a product or a cart, before it is sold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from distcore import engine
from distcore.codec import load_plan
from distcore.commission import LEVELS, Estimate, Language, Plan, Region, Sale, tell, tell_not
from distcore.engine import Expectation
from distcore.engine.accrue import policy_of
from distcore.kernel import Currency, MemberId, format_minor, limits
from distcore.ports import Transaction
from distcore_cli import options
from distcore_cli.cart import NOBODY, Cart, of_cart, sale_of
from distcore_cli.documents import read_document
from distcore_cli.explaining import AMOUNTS, HEADS, LANGUAGE, WHY_NOTS, amount_row, why_not_row
from distcore_cli.formulas import formulas_of
from distcore_cli.render import Cell, Table, columns, say, show
from distcore_cli.render import tell as tell_people
from distcore_cli.settings import Format, Settings
from distcore_cli.simulated import named
from distcore_cli.wiring import reading

RANGES = columns("component level currency least most least_tiers most_tiers", "level least most")
ESTIMATE = columns("plan plan_version currency net exact", "plan_version net")

NO_TIER: Final = "(none)"
"""How the tier of those is written who have none."""


@click.command()
@click.argument(
    "plan_file",
    metavar="[PLAN]",
    required=False,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@of_cart
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="In which currency, without PLAN.  [default: the shop's, if it has one only]",
)
@click.option("--buyer", metavar="MEMBER", callback=options.id_of, help="Exactly, for this buyer as of --at.")
@click.option("--promoter", metavar="MEMBER", callback=options.id_of, help="Who would promote it to --buyer.")
@click.option(
    "--levels",
    metavar="N",
    callback=options.whole_of(1, limits.LEVEL_MAX),
    default=str(LEVELS),
    show_default=True,
    help="How many levels are told of a component that pays every one.",
)
@LANGUAGE
@click.pass_obj
def estimate(
    settings: Settings,
    /,
    plan_file: Path | None,
    currency: Currency | None,
    buyer: MemberId | None,
    promoter: MemberId | None,
    levels: int,
    language: str,
    **cart: Any,
) -> None:
    """Calculate what each level would earn of a product or a cart, before it is sold.

    One product by --net, or the lines of a --cart (columns line_id, sku, units, net; optional category, list,
    cost, tax, brand, tags).  By the plan that is in force at --at, or by the document PLAN, which needs no
    store.

    For each component and level: what it earns at least and at most, over all tiers that the plan names and
    none, and which of them earn just that; * is any tier that the plan does not name.  Everybody is active:
    of a budget that is shared, whoever is suspended leaves more to those above.  Level 0 is the buyer of an
    own purchase, or the promoter.  Agents of regions are told where --region says where the order goes, each
    as the only one of a region.  What is paid by the period is not told.  The order is a first one: a plan
    may pay more or less for whoever has bought before.  Every amount is calculated as a sale is.  Where there
    are too many uplines to try all, it says so.

    With --buyer the exact amounts by the tree as it is at --at, and who would get nothing, and why, in
    sentences of a --language.
    """
    if promoter is not None and buyer is None:
        raise click.UsageError("a promoter promotes to somebody: give the --buyer too")
    if plan_file is not None and currency is not None:
        raise click.UsageError("a plan has a currency: leave --currency out")
    told, plan = Cart(**cart), None if plan_file is None else read_document(plan_file, load_plan)
    if plan is not None and buyer is None:
        _show_ranges(settings, plan, sale_of(told, plan.currency, settings.at, NOBODY, None), levels)
        return
    with reading(settings) as tx:
        plan = plan or engine.plan_in_force(tx, currency or _only_currency(tx), settings.at)
        sale = sale_of(told, plan.currency, settings.at, buyer or NOBODY, promoter)
        expected = None if buyer is None else engine.expect(tx, plan, sale, formulas=formulas_of(settings))
    if expected is None:
        _show_ranges(settings, plan, sale, levels)
    else:
        _show_expected(settings, expected, Language(language))


def _only_currency(tx: Transaction) -> Currency:
    """Return the currency of a shop that has no other."""
    currencies = policy_of(tx).currencies
    if len(currencies) > 1:
        raise click.UsageError(f"the shop has {', '.join(currencies)}: say which with --currency")
    return currencies[0]


def _show_ranges(settings: Settings, plan: Plan, sale: Sale, levels: int) -> None:
    found = engine.estimate(plan, sale, levels=levels, formulas=formulas_of(settings))
    tables = [Table("ranges", RANGES, _ranges(plan, found))]
    if settings.format is Format.TABLE:
        tell_people(f"{named(plan)}: {format_minor(sale.net_minor, plan.currency)} {plan.currency}")
        tell_people("")
    else:
        net = format_minor(sale.net_minor, plan.currency)
        row = (plan.id, plan.plan_version, plan.currency, net, "yes" if found.exact else "no")
        tables.append(Table("estimate", ESTIMATE, [row]))
    show(tables, settings.format)
    if not found.exact:
        say("not all that may be was tried: a level may also earn less, or more")
    if plan.asks_past:
        say("for a first order: who has bought before may bring more, or less; --buyer says what")
    _say_what_is_not_told(plan, sale)


def _say_what_is_not_told(plan: Plan, sale: Sale) -> None:
    """Say which components an order alone does not tell about."""
    for each in plan.components:
        if isinstance(each, Region) and not sale.region:
            say(f"component {each.id} pays agents of regions: give --region to be told what")
    for paid in plan.period_components:
        say(f"component {paid.id} pays by the period, and not by the order")


def _ranges(plan: Plan, found: Estimate) -> list[Sequence[Cell]]:
    return [
        (
            each.component,
            each.level,
            plan.currency,
            format_minor(each.least_minor, plan.currency),
            format_minor(each.most_minor, plan.currency),
            _tiers(each.least_tiers),
            _tiers(each.most_tiers),
        )
        for each in found.ranges
    ]


def _tiers(tiers: Sequence[str]) -> str:
    return ", ".join(tier or NO_TIER for tier in tiers)


def _show_expected(settings: Settings, expected: Expectation, language: Language) -> None:
    plan, sale, explained = expected.plan, expected.sale, expected.explained
    if settings.format is Format.TABLE:
        net = f"{format_minor(sale.net_minor, plan.currency)} {plan.currency}"
        head = HEADS[language]["expected"]
        tell_people(head.format(plan=plan.id, version=plan.plan_version, net=net, buyer=sale.buyer))
        tell_people("")
        for why in explained.whys:
            tell_people(tell(why, language))
        for why_not in explained.why_nots:
            tell_people(tell_not(why_not, plan.currency, language, is_sold=False))
        return
    whys = [amount_row(sale.id, each, language) for each in explained.whys]
    why_nots = [why_not_row(each, plan.currency, language, is_sold=False) for each in explained.why_nots]
    show([Table("amounts", AMOUNTS, whys), Table("why_nots", WHY_NOTS, why_nots)], settings.format)
    if settings.format is Format.CSV:
        say(f"csv has what is earned alone; why {len(why_nots)} got nothing is in json")
