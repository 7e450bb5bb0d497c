"""What is said of accruals, statements and members, in the languages that shops read."""

from collections.abc import Mapping
from typing import Final

from distcore.commission import Language

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    Language.ENGLISH: {
        "accrual": "{payee} has {amount} {currency} of {component}, rule {rule}, {place}, for line "
        "{line} of {order}",
        "level": "level {level}",
        "and": "; ",
        "fact": "{amount} {currency} by {cause}, valid at {valid_at}, posted at {posted_at}",
        "statement": "statement of {payee} in closing {closing}, {period}: {opening} + {sum} of "
        "{lines} = {gross} gross + {carried} carried, in {currency}",
        "sale": "{amount} {currency} of order {order}, paid at {paid_at}: {parts} ({cause} of {valid_at})",
        "part": "{amount} for line {line} by {component}, rule {rule}, {place}",
        "line": "{count} line",
        "lines": "{count} lines",
        "period": "{amount} {currency} of period {period}, posting {posting}: {parts}",
        "pinned": "{told}, by version {version} of plan {plan}, to which it was pinned then",
        "part of period": "{amount} by {component}",
        "adjustment": "{amount} {currency} by {authority}: {reason}",
        "opening": "{amount} {currency} taken over from {provenance}",
        "other": "{amount} {currency} of {origin}",
        "member": "{payee} in {period}: {amount} {currency}, {accrued} earned and {clawed_back} taken back",
        "nobody": "{payee} in {period}: nothing",
        "no money": "{payee} in {period}: no money",
        "earned": "{amount} {currency} of order {order} by {component} ({cause} of {valid_at})",
        "earned by period": "{amount} {currency} by {component} ({cause}, its last instant {valid_at})",
        "gave": "{gift} given for order {order} by {component}",
        "missed": "nothing from {orders}, {component}: {reason}{forgone}",
        "missed in part": "not all from {orders}, {component}: {reason}{forgone}",
        "order": "{count} order",
        "orders": "{count} orders",
        "run": "what period {period} is worth in {currency}, or why nothing: "
        "distcore period explain {period} {payee} --currency {currency}",
        "forgone": "; {amount} {currency} forgone",
        "too far": "no component pays so far above the buyer",
        "any": "any component",
    },
    Language.CHINESE: {
        "accrual": "{payee} 从 {order} 的行 {line} 得 {amount} {currency}：{component}，规则 {rule}，{place}",
        "level": "第 {level} 级",
        "and": "；",
        "fact": "{amount} {currency}，因 {cause}，生效于 {valid_at}，记账于 {posted_at}",
        "statement": "{payee} 在第 {closing} 次关账（{period}）的结算单：期初 {opening} + "
        "{lines}共 {sum} = 应结 {gross} + 结转 {carried}，币种 {currency}",
        "sale": "{amount} {currency}，订单 {order}，支付于 {paid_at}：{parts}（{cause}，{valid_at}）",
        "part": "行 {line} 得 {amount}，{component}，规则 {rule}，{place}",
        "line": "{count} 行",
        "lines": "{count} 行",
        "period": "{amount} {currency}，周期 {period}，过账 {posting}：{parts}",
        "pinned": "{told}，当时改钉到方案 {plan} 第 {version} 版",
        "part of period": "{component} 得 {amount}",
        "adjustment": "{amount} {currency}，由 {authority} 决定：{reason}",
        "opening": "{amount} {currency}，承接自 {provenance}",
        "other": "{amount} {currency}，来自 {origin}",
        "member": "{payee} 在 {period}：{amount} {currency}，其中所得 {accrued}，追回 {clawed_back}",
        "nobody": "{payee} 在 {period}：没有所得",
        "no money": "{payee} 在 {period}：没有佣金",
        "earned": "{amount} {currency}，订单 {order}，{component}（{cause}，{valid_at}）",
        "earned by period": "{amount} {currency}，{component}（{cause}，最后一刻 {valid_at}）",
        "gave": "{component} 因订单 {order} 送 {gift}",
        "missed": "{orders}没有所得，{component}：{reason}{forgone}",
        "missed in part": "{orders}未全得，{component}：{reason}{forgone}",
        "order": "{count} 单",
        "orders": "{count} 单",
        "run": "周期 {period} 的 {currency} 值多少，或为什么没有：distcore period explain {period} {payee} "
        "--currency {currency}",
        "forgone": "；少得 {amount} {currency}",
        "too far": "没有组成部分付到买家以上这么高",
        "any": "任何组成部分",
    },
}
"""What is said of payees, by language; a test compares the names."""
