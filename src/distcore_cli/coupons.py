"""`distcore coupon`: coupons are issued, claimed, used by orders, and counted."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from distcore import engine
from distcore.codec import load_coupon_template
from distcore.coupons import BetweenDates, Coupon, CouponId, CouponTemplate, CouponUse, TemplateId
from distcore.kernel import Currency, MemberId, SaleId, format_minor, limits
from distcore.memory import MemoryAttempts
from distcore.ports import Transaction
from distcore_cli import options
from distcore_cli.documents import FILE, read_document
from distcore_cli.money import amount_from_zero, currency_or_only
from distcore_cli.render import Cell, Table, columns, instant_cell, show, yes_or_no
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

TEMPLATES: Final = columns(
    "template currency offer total_max per_member_max per_day_max claim_from claim_until word newcomers"
    " transferable valid_from valid_until days",
    "total_max per_member_max per_day_max days",
)
CODES: Final = columns("code template")
COUPONS: Final = columns("coupon template offer state owner order valid_from valid_until")
STATS: Final = columns(
    "template currency issued claimed locked used expired withdrawn revenue cost",
    "issued claimed locked used expired withdrawn revenue cost",
)

COUPON: Final = click.argument("coupon", metavar="COUPON", callback=options.id_of)
TEMPLATE: Final = click.argument("template", metavar="TEMPLATE", callback=options.id_of)
ORDER: Final = click.argument("order", metavar="ORDER", callback=options.id_of)
MEMBER: Final = click.argument("member", metavar="MEMBER", callback=options.id_of)


@click.group(cls=options.InOrder)
def coupon() -> None:
    """Set templates of coupons, issue, claim and use coupons, and count them."""


@coupon.command()
@FILE
@click.pass_obj
def check(settings: Settings, file: Path) -> None:
    """Check a coupon-template document, TOML or JSON; no store is needed.

    All that is wrong is reported at once, each with its path; then the exit code is 1.
    """
    show([_template(read_document(file, load_coupon_template))], settings.format)


@coupon.command(name="set")
@FILE
@click.pass_obj
def set_(settings: Settings, file: Path) -> None:
    """Set a template of coupons, TOML or JSON, in the place of the one with its id.

    Coupons that are claimed keep what they were promised.
    """
    value = read_document(file, load_coupon_template)
    with changing(settings) as tx:
        key = settings.key_once("coupon template")
        engine.set_coupon_template(tx, value, at=settings.at, actor=settings.actor, key=key)
    show([_template(value)], settings.format)
    say_dry_run(settings)


@coupon.command()
@TEMPLATE
@click.option(
    "--count",
    metavar="N",
    callback=options.whole_of(1, limits.COUPONS_ISSUED_MAX),
    default="1",
    show_default=True,
    help="How many.",
)
@click.pass_obj
def issue(settings: Settings, template: TemplateId, count: int) -> None:
    """Make coupons with codes of their own, of 80 random bits each.

    The codes are shown this once: what is kept of each is a hash.  Whoever types one claims its coupon.
    """
    bits = [secrets.token_bytes(limits.COUPON_CODE_BYTES) for _ in range(count)]
    with changing(settings) as tx:
        key = settings.key_once("issue coupons")
        codes = engine.issue_coupons(tx, template, bits, at=settings.at, actor=settings.actor, key=key)
    show([Table("codes", CODES, [(code, template) for code in codes])], settings.format)
    say_dry_run(settings)


@coupon.command()
@MEMBER
@click.option(
    "--template", metavar="TEMPLATE", callback=options.id_of, help="Of which template, without a code."
)
@click.option("--code", metavar="CODE", callback=options.text_of, help="A code of a coupon, or a word.")
@click.pass_obj
def claim(settings: Settings, member: MemberId, template: TemplateId | None, code: str | None) -> None:
    """Give a member a coupon: of a template, or the one of a code.

    Each call claims another one, unless it has the --key of one before.
    """
    if (template is None) == (code is None):
        raise click.UsageError("name either --template or --code")
    at, actor, key = settings.at, settings.actor, settings.key_once("claim coupon")
    with changing(settings) as tx:
        if template is not None:
            claimed = engine.claim_coupon(tx, template, member, at=at, actor=actor, key=key)
        else:
            attempts = MemoryAttempts()  # an operator's own tool: nobody else types codes here
            claimed = engine.claim_code(
                tx, code or "", member, attempts, source=actor, at=at, actor=actor, key=key
            )
        found = _found(tx, [claimed])
    _show(settings, found)


@coupon.command()
@COUPON
@click.argument("owner", metavar="FROM", callback=options.id_of)
@click.argument("to", metavar="TO", callback=options.id_of)
@click.pass_obj
def give(settings: Settings, coupon: CouponId, owner: MemberId, to: MemberId) -> None:
    """Give a coupon of a member to another, where its template allows it."""
    with changing(settings) as tx:
        key = settings.key_once("give coupon")
        engine.give_coupon(tx, coupon, owner, to, at=settings.at, actor=settings.actor, key=key)
        found = _found(tx, [coupon])
    _show(settings, found)


@coupon.command()
@COUPON
@click.pass_obj
def withdraw(settings: Settings, coupon: CouponId) -> None:
    """Take a coupon out of the world, for good; not while an order has it."""
    with changing(settings) as tx:
        key = settings.key_of("withdraw coupon", coupon)
        engine.withdraw_coupon(tx, coupon, at=settings.at, actor=settings.actor, key=key)
        found = _found(tx, [coupon])
    _show(settings, found)


@coupon.command()
@ORDER
@click.argument("coupons", metavar="COUPON...", nargs=-1, required=True, callback=options.ids_of)
@click.option("--member", metavar="MEMBER", required=True, callback=options.id_of, help="Whose they are.")
@click.pass_obj
def lock(settings: Settings, order: SaleId, coupons: tuple[CouponId, ...], member: MemberId) -> None:
    """Keep coupons of a member for an order that is placed, all of them or none."""
    with changing(settings) as tx:
        key = settings.key_once("lock coupons")
        engine.lock_coupons(tx, coupons, member, order, at=settings.at, actor=settings.actor, key=key)
        found = _found(tx, coupons)
    _show(settings, found)


@coupon.command()
@ORDER
@click.option(
    "--revenue", metavar="AMOUNT", required=True, callback=options.text_of, help="What the goods were paid."
)
@click.option(
    "--cost",
    "costs",
    metavar="COUPON=AMOUNT",
    multiple=True,
    help="A coupon that was used, and what it took off; again for each. The order frees all others.",
)
@click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="Of the amounts.  [default: that of the coupons, or the only one that there is]",
)
@click.pass_obj
def use(
    settings: Settings, order: SaleId, revenue: str, costs: tuple[str, ...], currency: Currency | None
) -> None:
    """Use the coupons of an order that is paid, with amounts in the currency of the coupons."""
    with changing(settings) as tx:
        named = [each.rpartition("=") for each in costs]
        held = tx.coupons.of_order(order) or tx.coupons.of([CouponId(id) for id, _, _ in named]).values()
        of = next((each.currency for each in held), None) or currency_or_only(tx, currency)
        if currency not in (None, of):
            raise click.BadParameter(f"the coupons are in {of}", param_hint="--currency")
        uses = [CouponUse(CouponId(id), amount_from_zero(amount, of, "--cost")) for id, _, amount in named]
        engine.use_coupons(
            tx,
            order,
            uses,
            revenue_minor=amount_from_zero(revenue, of, "--revenue"),
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("use coupons"),
        )
        found = _found(tx, [each.id for each in held])
    _show(settings, found)


@coupon.command()
@ORDER
@click.pass_obj
def free(settings: Settings, order: SaleId) -> None:
    """Give the coupons of an order that is cancelled back to their owners."""
    with changing(settings) as tx:
        key = settings.key_once("free coupons")
        freed = engine.free_coupons(tx, order, at=settings.at, actor=settings.actor, key=key)
        found = _found(tx, freed)
    _show(settings, found)


@coupon.command(name="list")
@MEMBER
@click.option("--all", "everything", is_flag=True, help="Also those that can't be used at --at.")
@click.pass_obj
def list_(settings: Settings, member: MemberId, *, everything: bool) -> None:
    """List the coupons that a member can use at --at."""
    with reading(settings) as tx:
        usable = engine.usable_coupons(tx, member, at=settings.at)
        found = list(tx.coupons.of_owner(member)) if everything else usable
    show([_coupons(found)], settings.format)


@coupon.command()
@TEMPLATE
@click.pass_obj
def stats(settings: Settings, template: TemplateId) -> None:
    """Say what became of the coupons of a template: how many, what they brought, and what they cost."""
    with reading(settings) as tx:
        found = engine.coupon_stats(tx, template, at=settings.at)
        held = tx.coupon_templates.newest(template)
    assert held is not None, "what has statistics is there"
    currency = held[0].currency
    row = (
        template,
        currency,
        found.issued,
        found.claimed,
        found.locked,
        found.used,
        found.expired,
        found.withdrawn,
        format_minor(found.revenue_minor, currency),
        format_minor(found.cost_minor, currency),
    )
    show([Table("coupon_stats", STATS, [row])], settings.format)


def _found(tx: Transaction, coupons: Sequence[CouponId]) -> list[Coupon]:
    return list(tx.coupons.of(coupons).values())


def _show(settings: Settings, found: Sequence[Coupon]) -> None:
    show([_coupons(found)], settings.format)
    say_dry_run(settings)


def _coupons(found: Sequence[Coupon]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            each.id,
            each.template,
            each.offer,
            each.state.value,
            each.owner,
            each.order,
            instant_cell(each.valid_from),
            instant_cell(each.valid_until),
        )
        for each in found
    ]
    return Table("coupons", COUPONS, rows)


def _template(value: CouponTemplate) -> Table:
    validity = value.validity
    dates: tuple[Cell, ...]
    if isinstance(validity, BetweenDates):
        dates = (instant_cell(validity.valid_from), instant_cell(validity.valid_until), None)
    else:
        dates = (None, None, validity.days)
    row = (
        value.id,
        value.currency,
        value.offer,
        value.total_max,
        value.per_member_max,
        value.per_day_max,
        instant_cell(value.claim_from),
        instant_cell(value.claim_until),
        value.word or None,
        yes_or_no(value.newcomers),
        yes_or_no(value.transferable),
        *dates,
    )
    return Table("coupon_template", TEMPLATES, [row])
