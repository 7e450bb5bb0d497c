"""Every command is documented, as it is."""

import re

import click
import pytest
from tests.cli.reference import CHINESE, PAGE, chinese_page, chinese_texts, everything, page

EVERYTHING = everything()


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.cli.reference"


def test_the_chinese_page_has_the_same_help_texts() -> None:
    now = CHINESE.read_text(encoding="utf-8")

    assert now == chinese_page(now), "write it anew: python -m tests.cli.reference"


def test_every_command_is_there() -> None:
    paths = [context.command_path for _, context in EVERYTHING]

    assert paths == [
        "distcore",
        "distcore demo",
        "distcore init",
        "distcore import",
        "distcore import members",
        "distcore import sales",
        "distcore import refunds",
        "distcore import prices",
        "distcore import cancellations",
        "distcore import openings",
        "distcore import adjustments",
        "distcore plan",
        "distcore plan check",
        "distcore plan set",
        "distcore plan show",
        "distcore settlement",
        "distcore settlement check",
        "distcore settlement set",
        "distcore settlement show",
        "distcore complete",
        "distcore release",
        "distcore gifts",
        "distcore earnings",
        "distcore explain",
        "distcore explain sale",
        "distcore explain accrual",
        "distcore explain statement",
        "distcore explain member",
        "distcore estimate",
        "distcore simulate",
        "distcore recompute",
        "distcore product",
        "distcore product import",
        "distcore product show",
        "distcore offer",
        "distcore offer check",
        "distcore offer set",
        "distcore offer list",
        "distcore price",
        "distcore price check",
        "distcore price set",
        "distcore freight",
        "distcore freight set",
        "distcore points",
        "distcore points set",
        "distcore coupon",
        "distcore coupon check",
        "distcore coupon set",
        "distcore coupon issue",
        "distcore coupon claim",
        "distcore coupon give",
        "distcore coupon withdraw",
        "distcore coupon lock",
        "distcore coupon use",
        "distcore coupon free",
        "distcore coupon list",
        "distcore coupon stats",
        "distcore group",
        "distcore group check",
        "distcore group set",
        "distcore group open",
        "distcore group join",
        "distcore group leave",
        "distcore group expire",
        "distcore group owed",
        "distcore group repaid",
        "distcore group list",
        "distcore quote",
        "distcore tree",
        "distcore referral",
        "distcore referral apply",
        "distcore referral review",
        "distcore referral applications",
        "distcore referral bind",
        "distcore referral touches",
        "distcore referral code",
        "distcore referral code issue",
        "distcore referral code link",
        "distcore referral code revoke",
        "distcore referral code show",
        "distcore referral show",
        "distcore referral identify",
        "distcore referral move",
        "distcore referral agent",
        "distcore referral agent appoint",
        "distcore referral agent dismiss",
        "distcore referral agent list",
        "distcore referral suspend",
        "distcore referral reinstate",
        "distcore referral terminate",
        "distcore referral erase",
        "distcore tier",
        "distcore tier policy",
        "distcore tier policy check",
        "distcore tier policy set",
        "distcore tier policy show",
        "distcore tier evaluate",
        "distcore tier show",
        "distcore tier set",
        "distcore period",
        "distcore period accrue",
        "distcore period show",
        "distcore period explain",
        "distcore period lines",
        "distcore adjust",
        "distcore hold",
        "distcore hold place",
        "distcore hold lift",
        "distcore hold show",
        "distcore settle",
        "distcore settle close",
        "distcore settle approve",
        "distcore settle reject",
        "distcore settle show",
        "distcore statement",
        "distcore payout",
        "distcore payout account",
        "distcore payout account set",
        "distcore payout account verify",
        "distcore payout account show",
        "distcore payout account erase",
        "distcore payout request",
        "distcore payout request-all",
        "distcore payout approve",
        "distcore payout cancel",
        "distcore payout submit",
        "distcore payout export",
        "distcore payout result",
        "distcore payout list",
        "distcore payout show",
        "distcore reconcile",
        "distcore ledger",
        "distcore seal",
        "distcore verify",
        "distcore outbox",
        "distcore outbox open",
        "distcore outbox close",
        "distcore outbox show",
        "distcore outbox claim",
        "distcore outbox told",
        "distcore db",
        "distcore db upgrade",
        "distcore db check",
        "distcore db sql",
    ]


@pytest.mark.parametrize(
    ("command", "context"), EVERYTHING, ids=[context.command_path for _, context in EVERYTHING]
)
def test_every_command_and_option_says_what_it_is_for(command: click.Command, context: click.Context) -> None:
    assert command.help

    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize(
    ("command", "context"), EVERYTHING, ids=[context.command_path for _, context in EVERYTHING]
)
def test_the_chinese_page_speaks_of_every_option(command: click.Command, context: click.Context) -> None:
    options = [each for each in command.params if isinstance(each, click.Option)]
    names = {each.opts[0] for each in options} - {"--version"}

    text = chinese_texts(CHINESE.read_text(encoding="utf-8"))[f"## `{context.command_path}`"]
    assert text, "say in Chinese what the command does"
    assert names <= set(re.findall(r"`(--[a-z-]+)`", text))
