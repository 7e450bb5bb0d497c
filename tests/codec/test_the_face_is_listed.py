"""What the codec offers is listed, sorted and there, and nobody else pays for its library."""

import subprocess
import sys

from distcore import codec


def test_the_list_is_sorted_and_true() -> None:
    assert sorted(codec.__all__) == codec.__all__
    assert [name for name in codec.__all__ if not hasattr(codec, name)] == []


def test_only_who_reads_documents_loads_cattrs() -> None:
    code = "import sys, distcore.engine, distcore.memory; sys.exit('cattrs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
