"""The words of explanations, in the languages that shops read.

Each language has every phrase; the names in braces are the same in all of them, and a test compares.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from distcore.commission.lineage import Reason


class Language(Enum):
    """A language that explanations are told in, by its code."""

    ENGLISH = "en"
    CHINESE = "zh"


PHRASES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        Language.ENGLISH: MappingProxyType(
            {
                "and": "; ",
                "gets": "{payee} gets {amount} {currency} for line {line} ({sku}), {place}",
                "level": "level {level}",
                "own purchase": "own purchase",
                "promoter": "as promoter",
                "no level above": "as buyer or promoter",
                "formula": "as the shop's own formula answers, with a base of {base}",
                "agent": "as agent of the region, level {level}",
                "by": "{plan} version {plan_version}, {component}, rule {rule}: {pays}",
                "percent": "{rate} of {base}, rounded {rounding} {scope}",
                "per unit": "{amount} {currency} per unit",
                "per order": "{amount} {currency} per order, split over its lines by net",
                "net": "net",
                "net with tax": "{amount} {currency} (net with tax)",
                "list": "{amount} {currency} (list price)",
                "margin": "{amount} {currency} (margin)",
                "level below": "{amount} {currency} (what level {level} is paid)",
                "residual": "{amount} {currency} (net less what the levels below are paid)",
                "difference": "{amount} {currency} (the difference that level {level} earns)",
                "line": "once per line",
                "unit": "unit by unit",
                "order": "once per order",
                "left": "net {net} {currency}, {units}",
                "sold": "{left} left of {net} {currency}, {units} sold",
                "one unit": "{count} unit",
                "units": "{count} units",
                "earned": "{amount} {currency} were earned before",
                "less": "less {amount} {currency} paid below",
                "rolled up": "rolled up from {origin}",
                "capped": "capped from {amount} to {to}: {together} were asked, "
                "and {most} {currency} were left for {member} under {cap}",
                "shared": "part {place} of {among}, shared by the agents of the level",
                "shrunk": "shrunk from {amount}: {together} were asked of a budget of {budget} {currency}",
                "cut": "cut from {amount}: {together} were asked of a budget of {budget} {currency}, "
                "which goes to whoever stands nearest to the buyer first",
                "point": "{count} point",
                "points": "{count} points",
                "coupon": "{count} coupon {template}",
                "coupons": "{count} coupons {template}",
                "cap": "the cap {cap} left nothing",
                "in_proportion": "the budget left nothing: {together} were asked of {budget} {currency}",
                "from_the_top": "the budget left nothing: {together} were asked of {budget} {currency}, "
                "which goes to whoever stands nearest to the buyer first",
                "nothing": "{who} ({component}, {place}{line}): {reason}",
                "nobody gets": "nothing is paid",
                "member gets nothing": "{member} gets nothing",
                "members get nothing": "{member} get nothing",
                "member gets no money": "{member} gets no money",
                "comma": ", ",
                "and more": "{members} and {count} more",
                "from level": "from level {level} on",
                "any component": "any component",
                "no level": "no level used up",
                "of line": ", line {line}",
                "forgone": "{amount} {currency} forgone",
                "gift": "{gift} given for the whole order",
            }
        ),
        Language.CHINESE: MappingProxyType(
            {
                "and": "；",
                "gets": "{payee} 因订单行 {line}（{sku}）得 {amount} {currency}，{place}",
                "level": "第 {level} 级",
                "own purchase": "自购",
                "promoter": "推广员",
                "no level above": "买家或推广员",
                "formula": "店铺自定公式所得，基数为{base}",
                "agent": "区域代理，第 {level} 级",
                "by": "方案 {plan} 第 {plan_version} 版，{component}，规则 {rule}：{pays}",
                "percent": "{base}的 {rate}，{scope}按 {rounding} 舍入",
                "per unit": "每件 {amount} {currency}",
                "per order": "每单 {amount} {currency}，按实付净额分摊到各行",
                "net": "实付净额",
                "net with tax": "含税净额 {amount} {currency} ",
                "list": "吊牌价 {amount} {currency} ",
                "margin": "毛利 {amount} {currency} ",
                "level below": "第 {level} 级所得 {amount} {currency} ",
                "residual": "净额减去以下各级所得后的 {amount} {currency} ",
                "difference": "第 {level} 级所得级差 {amount} {currency} ",
                "line": "每行一次",
                "unit": "逐件",
                "order": "每单一次",
                "left": "净额 {net} {currency}，{units}",
                "sold": "剩余{left}，售出时为 {net} {currency}，{units}",
                "one unit": "{count} 件",
                "units": "{count} 件",
                "earned": "此前已得 {amount} {currency}",
                "less": "减去下级已得的 {amount} {currency}",
                "rolled up": "由 {origin} 上移而来",
                "capped": "由 {amount} 封顶至 {to}：合计 {together}，"
                "{member} 在 {cap} 下只剩 {most} {currency}",
                "shared": "由同级区域代理均分，{among} 份中的第 {place} 份",
                "shrunk": "由 {amount} 缩减：各项合计 {together}，预算只有 {budget} {currency}",
                "cut": "由 {amount} 削减：各项合计 {together}，预算只有 {budget} {currency}，先付离买家近的",
                "point": "{count} 积分",
                "points": "{count} 积分",
                "coupon": "{count} 张优惠券 {template}",
                "coupons": "{count} 张优惠券 {template}",
                "cap": "封顶 {cap} 没有剩余额度",
                "in_proportion": "预算没有剩余：各项合计 {together}，预算只有 {budget} {currency}",
                "from_the_top": "预算没有剩余：各项合计 {together}，预算只有 {budget} {currency}，"
                "先付离买家近的",
                "nothing": "{who}（{component}，{place}{line}）：{reason}",
                "nobody gets": "未付佣金",
                "member gets nothing": "{member} 未得佣金",
                "members get nothing": "{member} 未得佣金",
                "member gets no money": "{member} 未得佣金",
                "comma": "、",
                "and more": "{members} 及另外 {count} 人",
                "from level": "第 {level} 级起",
                "any component": "任何组成部分",
                "no level": "不占级数",
                "of line": "，订单行 {line}",
                "forgone": "少得 {amount} {currency}",
                "gift": "整单另送 {gift}",
            }
        ),
    }
)
"""Every phrase, by language and name."""

REASONS: Final[Mapping[Language, Mapping[Reason, str]]] = MappingProxyType(
    {
        Language.ENGLISH: MappingProxyType(
            {
                Reason.SUSPENDED: "was suspended when the order was paid",
                Reason.TIER_NOT_QUALIFIED: "had no tier that qualifies",
                Reason.TERMINATED: "had been terminated; passed over without using up a level",
                Reason.IS_BUYER: "is the buyer, who is passed over above the own purchase",
                Reason.SAME_PERSON: "is the same person as the buyer, and is passed over alike",
                Reason.CHAIN_ENDED: "the chain ended below, at somebody who did not qualify",
                Reason.NOBODY_QUALIFIES_ABOVE: "the amount rolled up, and nobody above qualified",
                Reason.NOBODY_AT_LEVEL: "nobody stands so high above the buyer",
                Reason.TOO_FAR: "no level so far above the buyer is paid",
                Reason.OTHER_LINE: "one line is climbed, the buyer's or the promoter's, and not this one",
                Reason.BUYER_IS_NO_MEMBER: "the buyer is no member",
                Reason.BUYER_NOT_PAID: "is the buyer, whom no component pays",
                Reason.NOBODY_PROMOTED: "nobody promoted the order",
                Reason.SELF_PROMOTED: "is the buyer, or the same person, and so promotes nothing",
                Reason.NO_AGENT: "the order is from no region that has an agent",
                Reason.NOT_THE_FIRST_ORDER: "it is not the first order of its buyer",
                Reason.FIRST_ORDER_GONE: "nothing was left of the order once: it is no first order any more",
                Reason.NO_RULE: "no rule fits this level, tier and line",
                Reason.NO_DIFFERENCE: "is worth no more than what is paid below",
                Reason.PAID_ALREADY: "has the amount per order of this rule already, for a lower level",
                Reason.RULE_PAYS_ZERO: "the rule pays zero",
                Reason.GIVES_NO_MONEY: "the rule gives a gift, and no money",
                Reason.ROUNDS_TO_ZERO: "the amount comes to zero",
                Reason.CAPPED_TO_ZERO: "a cap left nothing",
                Reason.SHRUNK_TO_ZERO: "the budget left nothing",
                Reason.NOTHING_LEFT: "nothing is left of the line",
                Reason.NOT_IN_PLAN: "the plan version by which the sale goes has no such component or rule",
                Reason.OTHER_RULE: "by the plan version by which the sale goes another rule pays for it",
            }
        ),
        Language.CHINESE: MappingProxyType(
            {
                Reason.SUSPENDED: "支付时已停用",
                Reason.TIER_NOT_QUALIFIED: "没有合格的等级",
                Reason.TERMINATED: "已终止，越过且不占级数",
                Reason.IS_BUYER: "是买家本人，在自购的上级链中越过",
                Reason.SAME_PERSON: "与买家是同一个人，同样越过",
                Reason.CHAIN_ENDED: "上级链在下方不合格的人处已终止",
                Reason.NOBODY_QUALIFIES_ABOVE: "金额上移，而以上无人合格",
                Reason.NOBODY_AT_LEVEL: "买家以上没有这么高的级",
                Reason.TOO_FAR: "买家以上这么高的级不付佣金",
                Reason.OTHER_LINE: "买家与推广员的上级链只走其中一条，走的不是这一条",
                Reason.BUYER_IS_NO_MEMBER: "买家不是成员",
                Reason.BUYER_NOT_PAID: "是买家，没有组成部分向买家付佣",
                Reason.NOBODY_PROMOTED: "这一单没有推广员",
                Reason.SELF_PROMOTED: "就是买家本人，或与买家是同一个人，不算推广",
                Reason.NO_AGENT: "订单所在区域没有代理",
                Reason.NOT_THE_FIRST_ORDER: "不是买家的首单",
                Reason.FIRST_ORDER_GONE: "这一单曾一分不剩，不再算首单",
                Reason.NO_RULE: "没有适合这一级、等级和订单行的规则",
                Reason.NO_DIFFERENCE: "应得不高于下级已得",
                Reason.PAID_ALREADY: "这条规则每单一次的金额已在较低的级得过",
                Reason.RULE_PAYS_ZERO: "规则付的是零",
                Reason.GIVES_NO_MONEY: "规则只送礼品，不付佣金",
                Reason.ROUNDS_TO_ZERO: "金额舍入后为零",
                Reason.CAPPED_TO_ZERO: "封顶额度没有剩余",
                Reason.SHRUNK_TO_ZERO: "预算没有剩余",
                Reason.NOTHING_LEFT: "这一行已没有剩余",
                Reason.NOT_IN_PLAN: "这笔销售所用的方案版本没有这个组成部分或规则",
                Reason.OTHER_RULE: "按这笔销售所用的方案版本，由另一条规则支付",
            }
        ),
    }
)
"""Why somebody gets nothing, by language."""

EXPECTED: Final[Mapping[Language, Mapping[Reason, str]]] = MappingProxyType(
    {
        Language.ENGLISH: MappingProxyType(
            {
                Reason.SUSPENDED: "is suspended",
                Reason.TIER_NOT_QUALIFIED: "has no tier that qualifies",
                Reason.TERMINATED: "is terminated; passed over without using up a level",
                Reason.CHAIN_ENDED: "the chain ends below, at somebody who does not qualify",
                Reason.NOBODY_QUALIFIES_ABOVE: "the amount rolls up, and nobody above qualifies",
                Reason.NOBODY_PROMOTED: "nobody promotes the order",
                Reason.NOT_THE_FIRST_ORDER: "it would not be the first order of its buyer",
            }
        ),
        Language.CHINESE: MappingProxyType(
            {
                Reason.SUSPENDED: "已停用",
                Reason.TIER_NOT_QUALIFIED: "没有合格的等级",
                Reason.TERMINATED: "已终止，越过且不占级数",
                Reason.CHAIN_ENDED: "上级链到下方不合格的人处为止",
                Reason.NOBODY_QUALIFIES_ABOVE: "金额上移，而以上无人合格",
                Reason.NOBODY_PROMOTED: "这一单没有推广员",
                Reason.NOT_THE_FIRST_ORDER: "不会是买家的首单",
            }
        ),
    }
)
"""What is said otherwise of an order that nobody has paid yet, by language."""
