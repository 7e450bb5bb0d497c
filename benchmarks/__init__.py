"""What distcore costs, measured against bare baselines in the same run.

Each ``bench_<name>.py`` runs as a module in a process of its own (``nox -s bench -- <name>``), so that one
measurement's memory is not another's.  It prints its figures and writes them to ``results/<name>.jsonl``.
"""
