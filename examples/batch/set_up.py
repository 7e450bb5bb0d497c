"""``python -m batch.set_up sqlite:///shop.db``: make the store, with policies, a plan and members."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from distcore.codec import Media, load_plan, load_policy, load_settlement
from distcore.engine import join_all, set_plan, set_policy, set_settlement
from distcore.kernel import Instant, MemberId
from distcore.referral import Newcomer
from distcore_sql import SqlStore, upgrade_store

SHOP = "tea house"
"""The name under which distcore keeps the facts of this shop."""

FOLDER = Path(__file__).parent

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
MEMBERS = (
    Newcomer(MemberId("ann"), JOINED),
    Newcomer(MemberId("ben"), JOINED, MemberId("ann")),
    Newcomer(MemberId("cai"), JOINED, MemberId("ben")),
)
"""Ann has recommended Ben, and he has recommended Cai."""


def set_up(url: str, at: Instant) -> None:
    """Make the store at a URL; a second time does nothing."""
    policy = load_policy((FOLDER / "policy.toml").read_bytes(), Media.TOML)
    plan = load_plan((FOLDER / "plan.toml").read_bytes(), Media.TOML)
    settlement = load_settlement((FOLDER / "settlement.toml").read_bytes(), Media.TOML)
    upgrade_store(url)
    with SqlStore.open(url, SHOP) as store, store.begin() as tx:
        set_policy(tx, policy, at=at, actor="ops", key="first policy")
        set_plan(tx, plan, at=at, actor="ops", key="mall 1")
        set_settlement(tx, settlement, at=at, actor="ops", key="first settlement")
        join_all(tx, MEMBERS, at=at, actor="ops")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="batch.set_up")
    parser.add_argument("store", help="its URL, like sqlite:///shop.db")
    set_up(parser.parse_args().store, datetime.now(UTC))
