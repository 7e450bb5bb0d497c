"""Processes that die: whatever is done between two steps breaks off at one of them.

A step is what somebody else can see: a transaction begins, commits, has committed; a provider is asked, and
has answered.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from distcore.payout import PayoutId, ProviderEvent
from distcore.ports import PayoutGateway, PayoutOrder, Store, Transaction

T = TypeVar("T")


class KilledError(BaseException):
    """The process is gone: nothing catches this but whoever starts it again."""


class Process:
    """A process that dies at its n-th step; one with a bigger number lives."""

    def __init__(self, store: Store, gateway: PayoutGateway, dies_at: int) -> None:
        self._store = store
        self._gateway = gateway
        self._left = dies_at

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        self._step()
        with self._store.begin() as tx:
            yield tx
            self._step()
        self._step()

    def send(self, order: PayoutOrder) -> ProviderEvent | None:
        return self._around(lambda: self._gateway.send(order))

    def query(self, payout: PayoutId) -> ProviderEvent | None:
        return self._around(lambda: self._gateway.query(payout))

    def _around(self, ask: Callable[[], T]) -> T:
        self._step()
        answer = ask()
        self._step()
        return answer

    def _step(self) -> None:
        if self._left == 0:
            raise KilledError
        self._left -= 1
