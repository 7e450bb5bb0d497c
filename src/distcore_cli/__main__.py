"""`python -m distcore_cli` is `distcore`."""

from distcore_cli.main import main

main(prog_name="distcore")
