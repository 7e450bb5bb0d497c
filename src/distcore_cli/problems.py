"""Problems of a file: their places, and how many are kept of very many."""

from distcore.kernel import InputError, Problem, limits


class Problems:
    """Problems found so far: all of them counted, a bounded number of them kept.

    `spoiled` counts the orders, members or refunds that are not taken because of them.
    """

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.count = 0
        self.spoiled = 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it unless there are too many."""
        self.count += 1
        if len(self.kept) < limits.PROBLEMS_MAX:
            self.kept.append(problem)

    def raise_at(self, count: int) -> None:
        """Refuse the file once it has so many problems: nothing more of it need be read."""
        if self.count >= count:
            raise InputError(tuple(self.kept))


def place_of(name: str, line: int, column: str = "") -> str:
    """Return the place in a file that a message names, like `sales.csv:12:net`; line 0 is none."""
    return ":".join(filter(None, (name, str(line or ""), column)))
