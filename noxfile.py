"""The only door: whatever is run, checked, built or measured here is a session of this file.

``nox`` alone runs what a commit must pass; ``nox -l`` lists the rest.  Every session installs from the
hash-pinned files in ``requirements/``, as wheels only, so that a machine without a compiler does what every
other machine does.
"""

import json
import os
import shutil
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import nox

nox.needs_version = ">=2025.11.12"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "types", "layers", "coverage", "wide"]

ROOT = Path(__file__).parent
SRC = ROOT / "src"

# Each module is compiled once, beside the environments, even where the machine forbids bytecode (as images of
# containers do): otherwise every worker and every command of a test compiles everything again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT.resolve() / ".nox" / "bytecode")

PACKAGES = ("distcore", "distcore_sql", "distcore_cli")
SOURCES = ("src", "tests", "benchmarks", "docs", "examples", "noxfile.py")

OF_STORES = ("tests/sql/test_contract.py", "tests/sql/test_a_host_keeps_its_transaction.py")
"""The tests that run on every database, of a store of its own and in the transaction of a host."""

OF_PYTHONS = ("tests/memory", "tests/laws/test_a_story_ends_alike_everywhere.py")
"""The tests that, with those of stores, run by every version of Python."""

MUTANTS_NOTICED_MIN = 0.9
"""The part of all small changes to what calculates that a test must notice."""

# What each file in requirements/ is made from.  The first ones are the house's, the last ones a user's.
LOCKS: dict[str, tuple[str, ...]] = {
    "nox": ("nox.in",),
    "build": ("build.in",),
    "tests": ("../pyproject.toml", "--extra", "all", "build.in", "tests.in"),
    "types": ("../pyproject.toml", "--extra", "all", "build.in", "tests.in", "types.in"),
    "lint": ("lint.in",),
    "docs": ("../pyproject.toml", "--extra", "all", "build.in", "docs.in"),
    "bench": ("../pyproject.toml", "--extra", "all", "build.in", "bench.in"),
    "sdists": ("sdists.in",),
    "oldest": ("../pyproject.toml", "--extra", "all", "oldest.in", "--resolution", "lowest-direct"),
    "mutation": ("../pyproject.toml", "--extra", "all", "build.in", "tests.in", "mutation.in"),
    "downstream": ("../pyproject.toml", "--all-extras", "build.in", "downstream.in"),
    "core": ("../pyproject.toml",),
    "cli": ("../pyproject.toml", "--extra", "cli"),
}


def _install(session: nox.Session, lock: str, *, project: bool = False) -> None:
    """Install a lock, and on top of it the project itself, built by the pinned build backend."""
    session.install("--require-hashes", "--only-binary", ":all:", "-r", f"requirements/{lock}.txt")
    if project:
        session.install("--no-deps", "--no-build-isolation", "-e", ".")


def _pytest(session: nox.Session, *arguments: str, lock: str = "tests") -> None:
    _install(session, lock, project=True)
    session.run("pytest", "-n", "logical", "--dist", "worksteal", *arguments)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast profile, on memory and SQLite; arguments go to pytest."""
    _pytest(session, *session.posargs)


@nox.session
def wide(session: nox.Session) -> None:
    """Run what the fast profile leaves out: servers, the command line, files that are too large."""
    _pytest(session, "-m", "wide and not deep", *session.posargs)


@nox.session
def databases(session: nox.Session) -> None:
    """Run all that is about databases, and the laws, on each; MariaDB by `DISTCORE_TEST_MARIADB`."""
    _pytest(session, "-m", "not deep", "tests/sql", "tests/laws", *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run what every store must keep with the oldest libraries that we say we work with."""
    _pytest(session, "-m", "not deep", *OF_STORES, *session.posargs, lock="oldest")


@nox.session(python=["3.12", "3.13"])
def pythons(session: nox.Session) -> None:
    """Run what every store must keep, and a whole story, by the other Pythons that are promised."""
    _pytest(session, "-m", "not deep", *OF_STORES, *OF_PYTHONS, *session.posargs)


@nox.session
def downstream(session: nox.Session) -> None:
    """Run the tests of the examples: shops that call us from a framework, each in its own transaction."""
    _install(session, "downstream", project=True)
    for folder in sorted(file.parent for file in (ROOT / "examples").glob("*/README.md")):
        session.run("pytest", str(folder.relative_to(ROOT)), *session.posargs)


@nox.session
def deep(session: nox.Session) -> None:
    """Run every test, the long ones too, with many and fresh random examples."""
    _pytest(session, "--hypothesis-profile", "deep", "-m", "deep or not deep", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the fast profile, and hold kernel, contexts, engine and codec to full branch coverage by it."""
    _pytest(session, "--cov", "--cov-report", "term-missing")


@nox.session
def types(session: nox.Session) -> None:
    """Check every type, strictly, in source, tests, benchmarks and this file."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, docstrings, format and changelog fragments; ``-- --fix`` repairs."""
    _install(session, "lint")
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), *SOURCES)
    session.run("ruff", "format", *([] if fix else ["--check"]), *SOURCES)
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def layers(session: nox.Session) -> None:
    """Prove the picture in the architecture: who may import whom, with no package left out."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    placed = sorted(settings["tool"]["importlinter"]["root_packages"])
    found = sorted(file.parent.name for file in SRC.glob("*/__init__.py"))
    if not placed == found == sorted(PACKAGES):
        session.error(f"src/ holds {found}, the contracts place {placed}, this file names {sorted(PACKAGES)}")
    _install(session, "lint")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": str(SRC)})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    _install(session, "docs", project=True)
    output = ROOT / "build" / "docs"
    shutil.rmtree(output, ignore_errors=True)
    session.run("sphinx-build", "-W", "--keep-going", "-E", "-q", "-b", "html", "docs", str(output))
    session.log(f"open {output / 'index.html'}")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure: each ``benchmarks/bench_*.py`` in a process of its own; arguments name some of them."""
    _install(session, "sdists")  # a library that a peer needs has no wheel: these pinned tools make one
    session.install("--require-hashes", "--no-build-isolation", "-r", "requirements/bench.txt")
    session.install("--no-deps", "--no-build-isolation", "-e", ".")
    names = sorted(file.stem for file in (ROOT / "benchmarks").glob("bench_*.py"))
    wanted = [f"bench_{name.removeprefix('bench_')}" for name in session.posargs] or names
    for name in wanted:
        session.run("python", "-m", f"benchmarks.{name}")


@nox.session
def mutation(session: nox.Session) -> None:
    """Change what calculates, a little at a time, and see how often a test notices: nine times in ten."""
    _install(session, "mutation")
    session.run("mutmut", "run", *session.posargs)
    session.run("mutmut", "export-cicd-stats", silent=True)
    stats = json.loads((ROOT / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    noticed = stats["killed"] + stats["timeout"] + stats["segfault"]
    session.log(f"{noticed} of {stats['total']} changes were noticed: {noticed / stats['total']:.1%}")
    if noticed < MUTANTS_NOTICED_MIN * stats["total"]:
        session.run("mutmut", "results")
        session.error(f"less than {MUTANTS_NOTICED_MIN:.0%}: a test that does not bite is a defect")


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and, from it, the wheel; look inside; install it in empty venvs and start it."""
    _install(session, "build")
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(dist))
    (wheel,) = dist.glob("*.whl")
    _check_wheel(session, wheel)
    core = _empty_venv(session, "core", wheel)
    session.run(
        str(core / "python"), "-c", "import distcore, distcore.engine, distcore.memory", external=True
    )
    cli = _empty_venv(session, "cli", wheel)
    session.run(str(cli / "distcore"), "--help", external=True)


def _check_wheel(session: nox.Session, wheel: Path) -> None:
    """Refuse a wheel that lacks a file of src/, or of the kinds a build backend is known to forget."""
    held = set(zipfile.ZipFile(wheel).namelist())
    missing = {
        file.relative_to(SRC).as_posix()
        for package in PACKAGES
        for file in (SRC / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    } - held
    patterns = [f"{package}/py.typed" for package in PACKAGES]
    patterns += ["distcore_sql/migrations/*.py", "distcore_cli/demo/*", "distcore-*/licenses/LICENSE"]
    missing |= {each for each in patterns if not any(PurePosixPath(name).match(each) for name in held)}
    if missing:
        session.error(f"{wheel.name} lacks {', '.join(sorted(missing))}")


def _empty_venv(session: nox.Session, lock: str, wheel: Path) -> Path:
    """Return the folder of the commands of a new venv that holds a lock and the wheel, and nothing else."""
    venv = Path(session.create_tmp()) / lock
    python = str(Path(session.bin) / "python")
    session.run("uv", "venv", "--clear", "--quiet", "--python", python, str(venv))
    commands = venv / ("Scripts" if os.name == "nt" else "bin")
    install = ("uv", "pip", "install", "--quiet", "--python", str(commands / "python"))
    session.run(*install, "--require-hashes", "--only-binary", ":all:", "-r", f"requirements/{lock}.txt")
    session.run(*install, "--no-deps", str(wheel))
    return commands


@nox.session
def lock(session: nox.Session) -> None:
    """Rebuild the hash-pinned files; what is pinned stays, unless ``-- --upgrade`` is given."""
    options = ("--quiet", "--generate-hashes", "--no-annotate", "--no-header", "--universal")
    with session.chdir("requirements"):
        for name, sources in LOCKS.items():
            command = ("uv", "pip", "compile", *options, "--python-version", "3.11", *sources)
            session.run(*command, "--output-file", f"{name}.txt", *session.posargs)
            if "://" in Path(f"{name}.txt").read_text(encoding="utf-8"):
                session.error(f"requirements/{name}.txt holds an address: it must hold names and hashes only")
