"""`python -m intake`: see cli.py."""

from intake.cli import main

main()
