"""`distcore explain accrual`, `statement` and `member`: what somebody has, and what somebody has not."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from distcore import engine
from distcore.commission import (
    Accrual,
    Component,
    Custom,
    EarningPart,
    Formula,
    GroupBy,
    Language,
    PeriodRun,
    Plan,
    Reason,
    Rule,
    Share,
    Why,
    tell,
    tell_gift,
    tell_not,
    tell_place,
)
from distcore.commission import accrual_id as id_of_fact
from distcore.commission.words import REASONS
from distcore.engine import ExplainedAccrual, ExplainedLine, ExplainedMember, Missed
from distcore.kernel import (
    ComponentId,
    Currency,
    InputError,
    LineId,
    MemberId,
    RuleId,
    SaleId,
    format_instant,
    format_minor,
    limits,
)
from distcore_cli import options
from distcore_cli.explaining import AMOUNTS, LANGUAGE, WHY_NOTS, amount_row, explain, why_not_row
from distcore_cli.explaining_made import CAPS, MADE, MADE_NUMERIC, cap_rows, made_of, terms
from distcore_cli.explaining_words import WORDS
from distcore_cli.formulas import formulas_of
from distcore_cli.gifts import GIFT, gift_cells
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.render import tell as tell_people
from distcore_cli.reports import BY, earning_rows
from distcore_cli.reports import COLUMNS as EARNINGS
from distcore_cli.settings import Format, Settings
from distcore_cli.statements import statement_table
from distcore_cli.wiring import reading

FACTS = columns("id cause valid_at posted_at amount currency", "amount")
ORIGINS = columns(
    f"origin ref number amount currency valid_at released_at cause paid_at line component rule level {MADE} "
    "came_to plan plan_version fact_amount because",
    f"number amount level {MADE_NUMERIC} came_to plan_version fact_amount",
)
PARTS = columns("order component cause valid_at posted_at amount currency", "amount")
GIFTS = columns(f"order {GIFT}", "count")
MISSED = columns("component reason in_part sales forgone currency because", "sales forgone")
RUNS = columns("period currency start end plan plan_version", "plan_version")


@explain.command()
@click.argument("order", metavar="ORDER", callback=options.id_of)
@click.option("--line", metavar="LINE", required=True, callback=options.id_of, help="The line of the order.")
@click.option("--component", metavar="ID", required=True, callback=options.id_of, help="The component.")
@click.option("--rule", metavar="ID", required=True, callback=options.id_of, help="The rule.")
@click.option("--payee", metavar="MEMBER", required=True, callback=options.id_of, help="Who has it.")
@click.option(
    "--level",
    metavar="N",
    required=True,
    callback=options.whole_of(0, limits.UPLINE_DEPTH_MAX),
    help="The level that it stems from; 0 is the buyer or the promoter.",
)
@LANGUAGE
@click.pass_obj
def accrual(
    settings: Settings,
    order: SaleId,
    line: LineId,
    component: ComponentId,
    rule: RuleId,
    payee: MemberId,
    level: int,
    language: str,
) -> None:
    """Say what one accrual is made of: all its facts, with their ids, and why they add up to that.

    What names it is what explain sale shows of each amount.
    """
    share: Share = (line, component, rule, payee, level)
    spoken = Language(language)
    with reading(settings) as tx:
        found = engine.explain_accrual(tx, order, share, formulas=formulas_of(settings))
    currency = found.plan.currency
    if settings.format is Format.TABLE:
        for sentence in accrual_sentences(found, spoken):
            tell_people(sentence)
        return
    tables = [
        Table("facts", FACTS, list(_facts(found))),
        Table("amounts", AMOUNTS, [] if found.why is None else [amount_row(order, found.why, spoken)]),
        Table("why_nots", WHY_NOTS, [why_not_row(each, currency, spoken) for each in found.why_nots]),
    ]
    if found.why is not None and found.why.caps:
        tables.append(Table("caps", CAPS, cap_rows(order, found.why)))
    show(tables, settings.format)


@explain.command()
@click.argument("payee", metavar="PAYEE", callback=options.id_of)
@click.argument("closing", metavar="CLOSING", callback=options.whole_of(1, limits.TOTAL_MINOR_MAX))
@LANGUAGE
@click.pass_obj
def statement(settings: Settings, payee: MemberId, closing: int, language: str) -> None:
    """Say what every line of a statement stems from: the order and its parts, or somebody's decision.

    CLOSING is its number, as statement shows it.  The parts of a line add up to it.  As data, each part has
    what its share of the order came to with it, and what that was made of: rate, base, caps and budget.
    """
    spoken = Language(language)
    with reading(settings) as tx:
        found = engine.explain_statement(tx, closing, payee)
        as_data = settings.format is not Format.TABLE
        formulas = formulas_of(settings)
        lines = engine.explained_lines(tx, closing, payee, with_whys=as_data, formulas=formulas)
        if as_data:
            rows = [row for line in lines for row in _origins(line, spoken)]
            show([Table("lines", ORIGINS, rows), statement_table([found], settings)], settings.format)
            return
        stated, currency, count = found.statement, found.statement.currency, found.statement.line_count
        amounts = (stated.opening_minor, stated.lines_minor, stated.gross_minor, stated.closing_minor)
        names = ("opening", "sum", "gross", "carried")
        shown = {name: format_minor(each, currency) for name, each in zip(names, amounts, strict=True)}
        head = WORDS[spoken]["statement"].format(
            payee=payee,
            closing=closing,
            period=found.closing.period.label,
            lines=WORDS[spoken]["line" if count == 1 else "lines"].format(count=count),
            currency=currency,
            **shown,
        )
        tell_people(head)
        for line in lines:
            tell_people(line_sentence(line, spoken))


@explain.command()
@click.argument("payee", metavar="MEMBER", callback=options.id_of)
@click.argument("label", metavar="PERIOD", callback=options.text_of)
@BY
@LANGUAGE
@click.pass_obj
def member(settings: Settings, payee: MemberId, label: str, by: str, language: str) -> None:
    """Say what a period brought to a member, order by order, and why other orders brought nothing.

    What was earned adds up to what earnings shows.  Of orders that were paid in PERIOD by somebody below the
    member, or promoted below, or in a region whose agent the member is, and of own orders where the plan may
    pay a buyer, what they give now besides money is told, and those that bring nothing now, or not by each
    component and line, are counted by component and reason.  As data, amounts says what each of
    the orders pays the member now: the rate, its base, the rounding, what is paid below, caps and budget.

    Of periods of plans that end in PERIOD, period explain says what each component brought, or why nothing.
    A member whom nobody knows is refused, and so is a period that has not begun.
    """
    spoken = Language(language)
    with reading(settings) as tx:
        try:
            period = engine.period_named(tx, label)
        except InputError as error:
            options.refuse(error, hint="PERIOD")
        if period.start > settings.at:
            raise InputError.of(
                label, "the period has not begun", f"it begins at {format_instant(period.start)}"
            )
        as_data = settings.format is not Format.TABLE
        formulas = formulas_of(settings)
        found = engine.explain_member(tx, payee, period, by=GroupBy(by), with_whys=as_data, formulas=formulas)
    if settings.format is Format.TABLE:
        for sentence in member_sentences(found, payee, period.label, spoken):
            tell_people(sentence)
        return
    amounts = [amount_row(sale, why, spoken) for sale, why in found.whys]
    tables = [
        Table("parts", PARTS, [_part(each) for each in found.parts]),
        Table("missed", MISSED, [_miss(each, spoken) for each in found.missed]),
        Table("earnings", EARNINGS, earning_rows(period, found.earnings)),
        Table("gifts", GIFTS, [(each.sale, *gift_cells(each.given)) for each in found.gifts]),
        Table("periods", RUNS, [_run(each) for each in found.runs]),
        Table("amounts", AMOUNTS, amounts),
    ]
    if any(why.caps for _, why in found.whys):
        tables.append(Table("caps", CAPS, [row for sale, why in found.whys for row in cap_rows(sale, why)]))
    show(tables, settings.format)


def accrual_sentences(found: ExplainedAccrual, language: Language) -> Iterator[str]:
    """Yield what is said of an accrual: what it comes to, why, and fact by fact."""
    say, currency = WORDS[language], found.plan.currency
    line, component, rule, payee, level = found.share
    yield say["accrual"].format(
        payee=payee,
        amount=format_minor(found.amount_minor, currency),
        currency=currency,
        component=component,
        rule=rule,
        place=place_of(found.plan, component, level, language),
        line=line,
        order=found.record.booking.sale.id,
    )
    for posting, fact in found.facts:
        yield say["fact"].format(
            amount=format_minor(fact.amount_minor, currency),
            currency=currency,
            cause=posting.cause,
            valid_at=format_instant(posting.valid_at),
            posted_at=format_instant(posting.posted_at),
        )
    if found.why is not None:
        yield tell(found.why, language)
    yield from (tell_not(each, currency, language) for each in found.why_nots)


def line_sentence(found: ExplainedLine, language: Language) -> str:
    """Return what is said of a line of a statement."""
    say, due = WORDS[language], found.line.due
    facts = {"amount": format_minor(due.amount_minor, due.currency), "currency": due.currency}
    if found.adjustment is not None:
        of = found.adjustment
        return say["adjustment"].format(**facts, authority=of.authority, reason=of.reason)
    if found.opening is not None:
        return say["opening"].format(**facts, provenance=found.opening.provenance)
    if found.of_period:
        gives = [
            say["part of period"].format(
                amount=format_minor(each.amount_minor, due.currency), component=each.share.component
            )
            for each in found.of_period
        ]
        of_period = {"period": due.origin.ref, "posting": due.origin.number}
        told = say["period"].format(**facts, **of_period, parts=say["and"].join(gives))
        if found.plan is None or not found.is_repinned:
            return told
        return say["pinned"].format(told=told, plan=found.plan.id, version=found.plan.plan_version)
    if found.record is None or found.posting is None:
        return say["other"].format(**facts, origin=due.origin)
    parts = [
        say["part"].format(
            amount=format_minor(each.amount_minor, due.currency),
            line=each.line,
            component=each.component,
            rule=each.rule,
            place=place_of(found.plan, each.component, each.level, language),
        )
        for each in found.accruals
    ]
    return say["sale"].format(
        **facts,
        order=due.origin.ref,
        paid_at=format_instant(found.record.booking.sale.paid_at),
        parts=say["and"].join(parts),
        cause=found.posting.cause,
        valid_at=format_instant(due.valid_at),
    )


def place_of(plan: Plan | None, component: ComponentId, level: int, language: Language) -> str:
    """Return where somebody stood whom a component paid: of a component that the plan lacks, the level."""
    found = _component(plan, component)
    if found is None:
        return WORDS[language]["level"].format(level=level)
    return tell_place(found, level, language)


def _component(plan: Plan | None, component: ComponentId) -> Component | None:
    return next((each for each in plan.components if each.id == component), None) if plan else None


def member_sentences(
    found: ExplainedMember, payee: MemberId, period: str, language: Language
) -> Iterator[str]:
    """Yield what is said of a member and a period: the sums, the parts, and what was missed."""
    say = WORDS[language]
    if not found.earnings:
        yield say["no money" if found.gifts else "nobody"].format(payee=payee, period=period)
    for each in found.earnings:
        accrued, clawed_back = each.accrued_minor, each.clawed_back_minor
        yield say["member"].format(
            payee=payee,
            period=period,
            amount=format_minor(accrued + clawed_back, each.currency),
            currency=each.currency,
            accrued=format_minor(accrued, each.currency),
            clawed_back=format_minor(clawed_back, each.currency),
        )
    for part in found.parts:
        yield say["earned" if part.sale is not None else "earned by period"].format(
            amount=format_minor(part.amount_minor, part.currency),
            currency=part.currency,
            order=part.sale,
            component=part.component,
            cause=part.cause,
            valid_at=format_instant(part.valid_at),
        )
    for gave in found.gifts:
        gift, component = tell_gift(gave.given.gift, language), gave.given.component
        yield say["gave"].format(gift=gift, order=gave.sale, component=component)
    yield from (missed_sentence(each, language) for each in found.missed)
    for run in found.runs:
        yield say["run"].format(period=run.period.label, currency=run.currency, payee=payee)


def missed_sentence(missed: Missed, language: Language) -> str:
    """Return what is said of orders that brought nothing, for one reason."""
    say, forgone = WORDS[language], ""
    if missed.forgone_minor:
        amount = format_minor(missed.forgone_minor, missed.currency)
        forgone = say["forgone"].format(amount=amount, currency=missed.currency)
    component, reason = missed.component or say["any"], REASONS[language][missed.reason]
    if missed.component is None and missed.reason is Reason.TOO_FAR:
        reason = say["too far"]
    orders = say["order" if missed.sales == 1 else "orders"].format(count=missed.sales)
    told = say["missed in part" if missed.in_part else "missed"]
    return told.format(orders=orders, component=component, reason=reason, forgone=forgone)


def _facts(found: ExplainedAccrual) -> Iterator[Sequence[Cell]]:
    currency = found.plan.currency
    for posting, fact in found.facts:
        yield (
            id_of_fact(posting, fact).hex(),
            posting.cause,
            format_instant(posting.valid_at),
            format_instant(posting.posted_at),
            format_minor(fact.amount_minor, currency),
            currency,
        )


def _origins(found: ExplainedLine, language: Language) -> Iterator[Sequence[Cell]]:
    """Yield a row for each fact of a line, or one for a line that has none."""
    due, because = found.line.due, line_sentence(found, language)
    amount = format_minor(due.amount_minor, due.currency)
    instants = (format_instant(due.valid_at), format_instant(due.released_at))
    head = (due.origin.kind.value, due.origin.ref, due.origin.number, amount, due.currency, *instants)
    if found.of_period:
        assert found.plan is not None, "a fact of a period was posted by a plan"
        by = (*NOT_MADE[2:], found.plan.id, found.plan.plan_version)
        for gives in found.of_period:
            part = format_minor(gives.amount_minor, due.currency)
            yield (*head, None, None, None, gives.share.component, None, None, *by, part, because)
        return
    if found.record is None or found.posting is None:
        yield (*head, None, None, None, None, None, None, *NOT_MADE, amount, because)
        return
    paid_at = format_instant(found.record.booking.sale.paid_at)
    for each, why in zip(found.accruals, found.whys, strict=True):
        part = format_minor(each.amount_minor, due.currency)
        of = (each.line, each.component, each.rule, each.level, *made_of_fact(found, each, why))
        yield (*head, found.posting.cause, paid_at, *of, part, because)


NOT_MADE: Final[Sequence[Cell]] = (None,) * (len(MADE.split()) + 3)
"""What is shown of a line that no rule of a sale brought."""


def made_of_fact(found: ExplainedLine, accrual: Accrual, why: Why | None) -> Sequence[Cell]:
    """Return what all facts of a share were made of with this one, what they came to, and the plan version.

    Where that is nothing any more, the terms of the rule alone; none where another version earned it.
    """
    plan = found.plan
    assert plan is not None, "a fact of a sale was posted by a plan"
    version = (plan.id, plan.plan_version)
    if why is not None:
        return (*made_of(why), format_minor(why.accrual.amount_minor, plan.currency), *version)
    component = _component(plan, accrual.component)
    of_formula = [component.formula] if isinstance(component, Custom) else []
    rules: Sequence[Rule | Formula] = [*of_formula, *(() if component is None else component.rules)]
    rule = next((each for each in rules if each.id == accrual.rule), None)
    known = () if component is None or rule is None or found.is_repinned else terms(plan, component, rule)
    came_to = None if of_formula else format_minor(0, plan.currency)
    return (*known, *NOT_MADE[: len(NOT_MADE) - 3 - len(known)], came_to, *version)


def _part(part: EarningPart) -> Sequence[Cell]:
    instants = (format_instant(part.valid_at), format_instant(part.posted_at))
    amount = format_minor(part.amount_minor, part.currency)
    return (part.sale, part.component, part.cause, *instants, amount, part.currency)


def _miss(missed: Missed, language: Language) -> Sequence[Cell]:
    currency: Currency = missed.currency
    forgone, because = format_minor(missed.forgone_minor, currency), missed_sentence(missed, language)
    in_part = "yes" if missed.in_part else "no"
    return (missed.component, missed.reason.value, in_part, missed.sales, forgone, currency, because)


def _run(run: PeriodRun) -> Sequence[Cell]:
    instants = (format_instant(run.period.start), format_instant(run.period.end))
    return (run.period.label, run.currency, *instants, *run.pin)
