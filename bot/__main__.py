"""`python -m bot`: see cli.py."""

from bot.cli import main

main()
