"""The contract of a store is the sum of its parts: no test of one part hides one of another."""

from collections import Counter

from distcore.testing.contracts import StoreContract


def test_no_test_hides_another() -> None:
    names = Counter(
        name for part in StoreContract.__bases__ for name in vars(part) if name.startswith("test_")
    )
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) > 40
