"""A shop in a folder of its own, and the command line on it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from click.testing import CliRunner, Result

from distcore_cli.main import main

AT: Final = "2026-06-01T00:00:00Z"
"""The instant of every command that does not say otherwise."""

POLICY: Final = """
document = "shop-policy"
version = 1
zone = "Asia/Shanghai"
currencies = ["CNY", "JPY"]
"""

PLAN: Final = """
document = "commission-plan"
version = 1
id = "mall"
plan_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00+08:00
freeze = { days = 7 }

[[components]]
kind = "upline"
id = "levels"
rules = [
    { id = "one", levels = [1], pays = { kind = "percent", rate = "10%" } },
    { id = "two", levels = [2], pays = { kind = "percent", rate = "5%" } },
]
"""

MEMBERS: Final = """member_id,sponsor_id,joined_at,tier,status
cai,ben,2026-01-03T00:00:00Z,,
ben,ann,2026-01-02T00:00:00Z,silver,active
ann,,2026-01-01T00:00:00Z,gold,active
dan,ann,2026-01-04T00:00:00Z,,suspended
eve,dan,2026-01-05T00:00:00Z,,
"""

SALES: Final = """order_id,line_id,buyer_id,sku,units,net,currency,paid_at,completed_at
o1,1,cai,tea,2,100.00,CNY,2026-03-01T10:00:00+08:00,2026-03-05T10:00:00+08:00
o2,1,eve,tea,1,40.00,CNY,2026-03-31T20:00:00Z,
o1,2,cai,cup,1,9.99,CNY,2026-03-01T10:00:00+08:00,2026-03-05T10:00:00+08:00
"""

REFUNDS: Final = """refund_id,order_id,line_id,units,amount,refunded_at
r1,o1,1,1,50.00,2026-04-02T10:00:00+08:00
"""

SETTLEMENT: Final = """
document = "settlement-policy"
version = 1
currency = "CNY"
policy_version = 1
valid_from = 2026-01-01T00:00:00+08:00
review = "reviewed"
minimum = "5.00"
withholding = { kind = "cn_labour" }
"""

TIERS: Final = """
document = "tier-policy"
version = 1
policy_version = 1
currency = "CNY"
valid_from = 2026-01-01T00:00:00+08:00
grace_periods = 1

[[tiers]]
name = "silver"
requires = { kind = "team_sales", least = "50.00" }

[[tiers]]
name = "gold"

[tiers.requires]
kind = "all_of"
requirements = [
    { kind = "team_sales", least = "100.00" },
    { kind = "any_of", requirements = [
        { kind = "recruits", count = 2, each = "10" },
        { kind = "years", least = 1 },
    ] },
    { kind = "credit", least = 3 },
    { kind = "holds_tier", tier = "silver" },
    { kind = "not", requirement = { kind = "years", least = 5 } },
]
"""

JULY: Final = "2026-07-01T00:00:00+08:00"
"""The instant at which June is over."""

PAYDAY: Final = "2026-07-06T00:00:00+08:00"
"""An instant at which accounts that were set on the first of July may be paid to."""

OWNER: Final = ("Ben Wu 吴本", "6222020200012345678", "ICBC Beijing West")
"""Holder, account and bank of the account of ben."""

PRICES: Final = """correction_id,order_id,line_id,net,corrected_at
p1,o1,1,120.00,2026-04-04T10:00:00+08:00
"""

CANCELLATIONS: Final = """order_id,cancelled_at
o2,2026-04-03T10:00:00+08:00
"""

MEASURED: Final = """
import sys
from collections.abc import Callable
from pathlib import Path
from distcore_cli.main import main
try:
    main(sys.argv[1:])
finally:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    print(peak.split()[1], file=sys.stderr)
"""


class Shop:
    """A store in a folder, the files beside it, and commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "shop.db"
        self.store = f"sqlite:///{self.database}"

    def run(self, *arguments: str, at: str = AT, actor: str = "tests", typed: str | None = None) -> Result:
        """Run a command and return what came of it, whatever that is; `typed` is what it reads."""
        options = ["--store", self.store, "--actor", actor, "--at", at]
        return CliRunner().invoke(main, [*options, *arguments], input=typed)

    def run_plainly(self, *arguments: str) -> Result:
        """Run a command with no options but its own."""
        return CliRunner().invoke(main, arguments)

    def do(self, *arguments: str, at: str = AT, actor: str = "tests") -> str:
        """Run a command that must succeed, and return what it wrote to stdout."""
        done = self.run(*arguments, at=at, actor=actor)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.stdout

    def ask(self, *arguments: str, at: str = AT, actor: str = "tests") -> Any:
        """Run a command that must succeed, and return its answer as data."""
        return json.loads(self.do("--format", "json", *arguments, at=at, actor=actor))

    def refused(self, *arguments: str, at: str = AT, actor: str = "tests") -> str:
        """Run a command that must be refused and change nothing; return what it says."""
        before = self.dump()
        refused = self.run(*arguments, at=at, actor=actor)
        assert (refused.exit_code, self.dump()) == (1, before), refused.output
        return refused.stderr

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def import_(self, what: str, content: str | bytes, *options: str) -> Result:
        """Import a file with this content."""
        return self.run("import", what, self.file(f"{what}.csv", content), *options)

    def measured(self, *arguments: str) -> tuple[int, list[str], float]:
        """Run a command as a process of its own; return its exit code, what it said, and its peak in MiB."""
        command = [sys.executable, "-c", MEASURED, "--store", self.store, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        *said, peak_kib = done.stderr.splitlines()
        return done.returncode, said, int(peak_kib) / 1024

    def dump(self) -> list[str]:
        """Return everything that the database holds."""
        with closing(sqlite3.connect(self.database)) as connection:
            return list(connection.iterdump())


def opened(folder: Path) -> Shop:
    """Return a shop with a policy and a plan."""
    return _copied(_opened, folder)


def with_members(folder: Path) -> Shop:
    """Return a shop with members too."""
    return _copied(_with_members, folder)


def traded(folder: Path) -> Shop:
    """Return a shop that has sold, refunded and cancelled."""
    return _copied(_traded, folder)


def settled(folder: Path) -> Shop:
    """Return a shop that settles CNY, with everything released and a gift of 2000.00 for ben."""
    return _copied(_settled, folder)


def closed(folder: Path) -> Shop:
    """Return a shop whose June is closed: ben has 1764.80 payable, 3.00 of ann are carried."""
    return _copied(_closed, folder)


def payable(folder: Path) -> Shop:
    """Return a shop in which ben can be paid from `PAYDAY` on."""
    return _copied(_payable, folder)


def _copied(make: Callable[[Path], Shop], folder: Path) -> Shop:
    """Return a copy of a shop that is made once."""
    shop = Shop(folder)
    shop.database.write_bytes(_made(make))
    return shop


@cache
def _made(make: Callable[[Path], Shop]) -> bytes:
    with TemporaryDirectory() as folder:
        return make(Path(folder)).database.read_bytes()


def _opened(folder: Path) -> Shop:
    shop = Shop(folder)
    shop.do("init", "--policy", shop.file("policy.toml", POLICY))
    shop.do("plan", "set", shop.file("plan.toml", PLAN))
    return shop


def _with_members(folder: Path) -> Shop:
    shop = _opened(folder)
    shop.do("import", "members", shop.file("members.csv", MEMBERS))
    return shop


def _traded(folder: Path) -> Shop:
    shop = _with_members(folder)
    for what, content in (("sales", SALES), ("refunds", REFUNDS), ("cancellations", CANCELLATIONS)):
        shop.do("import", what, shop.file(f"{what}.csv", content))
    return shop


def _settled(folder: Path) -> Shop:
    shop = _traded(folder)
    shop.do("settlement", "set", shop.file("settlement.toml", SETTLEMENT))
    shop.do("release")
    gift = ("--payee", "ben", "--amount", "2000.00", "--reason", "thanks", "--authority", "owner")
    shop.do("adjust", "gift", *gift)
    return shop


def _closed(folder: Path) -> Shop:
    shop = _settled(folder)
    shop.do("settle", "close", at=JULY, actor="amy")
    shop.do("settle", "approve", "1", at=JULY, actor="bob")
    return shop


def _payable(folder: Path) -> Shop:
    shop = _closed(folder)
    holder, account, bank = OWNER
    details = ("--holder", holder, "--account", account, "--bank", bank)
    shop.do("payout", "account", "set", "ben", *details, at=JULY, actor="amy")
    shop.do("payout", "account", "verify", "ben", "1", at=JULY, actor="bob")
    return shop
