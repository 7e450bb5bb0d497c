"""`distcore explain`: why every cent of an order is what it is, and who got nothing.

What is asked about payees rather than orders has a module of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import click
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Given,
    Language,
    Posting,
    Repin,
    Why,
    WhyNot,
    tell,
    tell_gift,
    tell_not,
    why_nots_of_buyer,
)
from distcore.engine import Explanation
from distcore.kernel import Currency, InputError, LineId, MemberId, SaleId, format_instant, format_minor
from distcore_cli import options
from distcore_cli.explaining_made import CAPS, MADE, MADE_NUMERIC, cap_rows, made_of
from distcore_cli.formulas import formulas_of
from distcore_cli.gifts import GIFT, gift_cells
from distcore_cli.render import Cell, Table, columns, say, show
from distcore_cli.render import tell as tell_people
from distcore_cli.settings import Format, Settings
from distcore_cli.wiring import reading

AMOUNTS = columns(
    f"order line component rule level payee amount currency origin tier net_left units_left {MADE} asked "
    "earned_before because",
    f"level amount net_left units_left {MADE_NUMERIC} asked earned_before",
)
WHY_NOTS = columns(
    "component level member more line reason cap budget budget_asked budget_cut forgone earned_before "
    "currency because",
    "level more budget budget_asked forgone earned_before",
)
POSTINGS = columns("cause valid_at posted_at line component rule level payee amount currency", "level amount")
IN_SHORT = ("cause", "valid_at", "line", "component", "rule", "level", "payee", "amount", "currency")
"""What people are shown of postings."""

HEADS: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.ENGLISH: {
        "order": "order {order}: {lines}, {paid}, paid by {buyer}{promoted} at {at}",
        "promoted": ", promoted by {promoter}",
        "expected": "plan {plan} version {version}: {net}, bought by {buyer}",
        "plan": "plan {plan} version {version}; {state}",
        "line": "{count} line",
        "lines": "{count} lines",
        "waiting": "frozen; the freeze counts from completion, and the order is not completed",
        "frozen": "frozen; freeze over at {due}",
        "released": "released; freeze over at {due}",
        "posted": "posted:",
        "given": "{payee} is given {gift} besides ({component}; {cause})",
        "given_back": "{payee} gives {gift} back ({component}; {cause})",
        "pinned": "pinned to plan {plan} version {version} at {at} by {actor}, approved by "
        "{approver}: {reason}",
    },
    Language.CHINESE: {
        "order": "订单 {order}：{lines}，{paid}，由 {buyer} 于 {at} 支付{promoted}",
        "promoted": "，推广员 {promoter}",
        "expected": "方案 {plan} 第 {version} 版：{net}，由 {buyer} 购买",
        "plan": "方案 {plan} 第 {version} 版；{state}",
        "line": "{count} 行",
        "lines": "{count} 行",
        "waiting": "冻结中，冻结期从订单完成起算，而订单尚未完成",
        "frozen": "冻结中，冻结期到 {due} 为止",
        "released": "已解冻，冻结期到 {due} 为止",
        "posted": "已记账：",
        "given": "另送 {payee} {gift}（{component}；{cause}）",
        "given_back": "{payee} 退回 {gift}（{component}；{cause}）",
        "pinned": "于 {at} 由 {actor} 改钉到方案 {plan} 第 {version} 版，{approver} 批准：{reason}",
    },
}
"""What is said of an order before its amounts, by language; also of one that is `expected` yet."""

POSTING_HEADS: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.CHINESE: {
        "cause": "原因",
        "valid_at": "生效于",
        "line": "订单行",
        "component": "组成部分",
        "rule": "规则",
        "level": "级",
        "payee": "收款人",
        "amount": "金额",
        "currency": "币种",
    },
}
"""How columns of postings are called in other languages than theirs."""

GIFTS = columns(f"cause posted_at {GIFT}", "count")
"""What was given besides money, and given back."""

REPINS = columns("posted_at plan plan_version reason actor approver", "plan_version")
"""Other plan versions that an order was pinned to, since it was accrued."""

LINES_SHOWN: Final = 20
"""Lines that are named to somebody who asked for one that is not there."""

ORDER = columns(
    "order buyer promoter currency paid_at completed_at due released plan plan_version", "plan_version"
)


class _OrderAlone(options.InOrder):
    """A group in which an order alone means its explanation."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names, or `sale` where it names none."""
        if args and args[0] not in self.commands:
            return super().resolve_command(ctx, ["sale", *args])
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options before the order, where there is no command, for those of `sale`."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["sale", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OrderAlone)
def explain() -> None:
    """Say why every cent is what it is: of an order, an accrual, a statement or a member.

    An order alone, explain ORDER, is short for explain sale ORDER.
    """


LANGUAGE: Final = click.option(
    "--language",
    type=click.Choice([each.value for each in Language]),
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the sentences.",
)


@explain.command()
@click.argument("order", metavar="ORDER", callback=options.id_of)
@click.option("--line", metavar="LINE", callback=options.id_of, help="Only this line of the order.")
@click.option("--payee", metavar="MEMBER", callback=options.id_of, help="Only what this member gets, or not.")
@LANGUAGE
@click.pass_obj
def sale(
    settings: Settings, order: SaleId, line: LineId | None, payee: MemberId | None, language: str
) -> None:
    """Say why every cent of an order is what it is.

    Each amount that is earned of what is left of the order, with the rule, the rate and the rounding; who
    stands above the buyer and gets nothing, and why; and what was posted, when.  As data, what an amount is
    made of has columns of its own: the rate, its base, the rounding, what is paid below, caps and budget.
    """
    spoken = Language(language)
    with reading(settings) as tx:
        found = engine.explain(tx, order, formulas=formulas_of(settings))
    _check_line(found, line)
    whys = [each for each in found.explained.whys if _is_asked(each, line, payee)]
    why_nots = list(_nots_asked(found.explained.why_nots, line, payee))
    if payee == found.record.booking.sale.buyer and not (whys or why_nots):
        why_nots = _nots_of_buyer(found, line)
    postings, given = _postings(found, line, payee), _given(found, payee)
    if payee is not None and not (whys or why_nots or postings or given):
        where = f"order {order}" if line is None else f"line {line} of order {order}"
        hint = "explain the order without --payee to see who does"
        raise InputError.of("--payee", f"{payee} has nothing to do with {where}", hint)
    if settings.format is Format.TABLE:
        for sentence in sentences(found, whys, why_nots, given, spoken):
            tell_people(sentence)
        if postings:
            click.echo(f"\n{HEADS[spoken]['posted']}")
            show([_in_words(posting_table(postings).only(IN_SHORT), spoken)], settings.format)
        return
    currency = found.plan.currency
    tables = [
        Table("amounts", AMOUNTS, [amount_row(order, each, spoken) for each in whys]),
        Table("why_nots", WHY_NOTS, [why_not_row(each, currency, spoken) for each in why_nots]),
        posting_table(postings),
        Table("order", ORDER, [_order(found)]),
    ]
    if any(each.caps for each in whys):
        tables.append(Table("caps", CAPS, [row for each in whys for row in cap_rows(order, each)]))
    if given:
        rows = [
            (posting.cause, format_instant(posting.posted_at), *gift_cells(each)) for posting, each in given
        ]
        tables.append(Table("gifts", GIFTS, rows))
    if found.record.repins:
        tables.append(Table("repins", REPINS, [_repin(found, each) for each in found.record.repins]))
    show(tables, settings.format)
    if settings.format is Format.CSV:
        say(f"csv has what is earned alone; why {len(why_nots)} got nothing, and all postings, are in json")


def _in_words(table: Table, language: Language) -> Table:
    """Return a table for people with heads in their language."""
    heads = POSTING_HEADS.get(language, {})
    named = tuple(evolve(column, name=heads.get(column.name, column.name)) for column in table.columns)
    return evolve(table, columns=named)


def _check_line(found: Explanation, line: LineId | None) -> None:
    """Refuse a line that the order does not have."""
    lines = [each.id for each in found.record.booking.sale.lines]
    if line is not None and line not in lines:
        shown = ", ".join(lines[:LINES_SHOWN]) + (", …" if len(lines) > LINES_SHOWN else "")
        sale = found.record.booking.sale.id
        raise InputError.of("--line", f"order {sale} has no line {line}", f"its lines are {shown}")


def _given(found: Explanation, payee: MemberId | None) -> list[tuple[Posting, Given]]:
    """Return what was given and given back, of one payee if asked: gifts are of no line."""
    return [
        (posting, each)
        for posting in found.record.postings
        for each in posting.gifts
        if payee in {None, each.payee}
    ]


def sentences(
    found: Explanation,
    whys: Sequence[Why],
    why_nots: Sequence[WhyNot],
    given: Sequence[tuple[Posting, Given]] = (),
    language: Language = Language.ENGLISH,
) -> list[str]:
    """Return an explanation as lines of text."""
    sale, record, say = found.record.booking.sale, found.record, HEADS[language]
    paid = f"{format_minor(sale.net_minor, sale.currency)} {sale.currency}"
    promoted = "" if sale.promoter is None else say["promoted"].format(promoter=sale.promoter)
    head = say["order"].format(
        order=sale.id,
        lines=say["line" if len(sale.lines) == 1 else "lines"].format(count=len(sale.lines)),
        paid=paid,
        buyer=sale.buyer,
        promoted=promoted,
        at=format_instant(sale.paid_at),
    )
    state = "waiting" if record.due is None else "released" if record.released else "frozen"
    due = "" if record.due is None else format_instant(record.due)
    plan = say["plan"].format(
        plan=found.plan.id, version=found.plan.plan_version, state=say[state].format(due=due)
    )
    told = (tell(each, language) for each in whys)
    told_not = (tell_not(each, sale.currency, language) for each in why_nots)
    pinned = [
        say["pinned"].format(
            plan=each.plan,
            version=each.plan_version,
            at=format_instant(record.postings[each.posting].posted_at),
            reason=each.reason,
            actor=each.actor,
            approver=each.approver,
        )
        for each in record.repins
    ]
    gifts = [_told_gift(each, posting.cause, language) for posting, each in given]
    return [head, plan, *pinned, "", *told, *gifts, *told_not]


def _told_gift(given: Given, cause: str, language: Language) -> str:
    told = "given" if given.change > 0 else "given_back"
    gift = tell_gift(given.gift, language)
    return HEADS[language][told].format(payee=given.payee, gift=gift, component=given.component, cause=cause)


def _is_asked(why: Why, line: LineId | None, payee: MemberId | None) -> bool:
    return line in {None, why.accrual.line} and payee in {None, why.accrual.payee}


def _nots_asked(why_nots: Iterable[WhyNot], line: LineId | None, payee: MemberId | None) -> Iterator[WhyNot]:
    for each in why_nots:
        of_payee = each if payee is None else each.of(payee)
        if of_payee is not None and (line is None or each.line in {None, line}):
            yield of_payee


def _nots_of_buyer(found: Explanation, line: LineId | None) -> list[WhyNot]:
    """Return why the buyer gets nothing of an order, or of one line."""
    told = why_nots_of_buyer(found.plan, found.record.booking.sale, found.explained)
    return list(_nots_asked(told, line, None))


def amount_row(order: SaleId, why: Why, language: Language = Language.ENGLISH) -> Sequence[Cell]:
    """Return what is shown of one amount that is earned."""
    accrual, currency = why.accrual, why.plan.currency
    return (
        order,
        accrual.line,
        accrual.component,
        accrual.rule,
        accrual.level,
        accrual.payee,
        format_minor(accrual.amount_minor, currency),
        currency,
        why.origin,
        why.tier,
        format_minor(why.left.net_minor, currency),
        why.left.units,
        *made_of(why),
        format_minor(why.asked_minor, currency),
        _earned(why.earned_minor, currency),
        tell(why, language),
    )


def why_not_row(
    why_not: WhyNot, currency: Currency, language: Language = Language.ENGLISH, *, is_sold: bool = True
) -> Sequence[Cell]:
    """Return what is shown of somebody who gets nothing, or of the nearest and how many more."""
    spent = why_not.spent
    return (
        why_not.component,
        why_not.level,
        next(iter(why_not.above), why_not.member),
        max(0, len(why_not.above) - 1),
        why_not.line,
        why_not.reason.value,
        why_not.cap,
        None if spent is None else format_minor(spent.budget_minor, currency),
        None if spent is None else format_minor(spent.together_minor, currency),
        None if spent is None else spent.cut.value,
        format_minor(why_not.forgone_minor, currency),
        _earned(why_not.earned_minor, currency),
        currency,
        tell_not(why_not, currency, language, is_sold=is_sold),
    )


def _earned(earned_minor: int | None, currency: Currency) -> Cell:
    """Return what was earned before, nothing where no rule asks."""
    return None if earned_minor is None else format_minor(earned_minor, currency)


def _postings(found: Explanation, line: LineId | None, payee: MemberId | None) -> list[Sequence[Cell]]:
    return [
        row
        for posting in found.record.postings
        for row in posting_rows(posting, found.plan.currency, line, payee)
    ]


def posting_table(rows: list[Sequence[Cell]]) -> Table:
    """Return facts as a table."""
    return Table("postings", POSTINGS, rows)


def posting_rows(
    posting: Posting, currency: str, line: LineId | None = None, payee: MemberId | None = None
) -> list[Sequence[Cell]]:
    """Return the facts of a posting, of one line or payee if asked."""
    return [
        (
            posting.cause,
            format_instant(posting.valid_at),
            format_instant(posting.posted_at),
            each.line,
            each.component,
            each.rule,
            each.level,
            each.payee,
            format_minor(each.amount_minor, currency),
            currency,
        )
        for each in posting.accruals
        if line in {None, each.line} and payee in {None, each.payee}
    ]


def _repin(found: Explanation, repin: Repin) -> Sequence[Cell]:
    posted_at = format_instant(found.record.postings[repin.posting].posted_at)
    return (posted_at, repin.plan, repin.plan_version, repin.reason, repin.actor, repin.approver)


def _order(found: Explanation) -> Sequence[Cell]:
    record, sale = found.record, found.record.booking.sale
    return (
        sale.id,
        sale.buyer,
        sale.promoter,
        sale.currency,
        format_instant(sale.paid_at),
        None if record.completed_at is None else format_instant(record.completed_at),
        None if record.due is None else format_instant(record.due),
        "yes" if record.released else "no",
        found.plan.id,
        found.plan.plan_version,
    )
