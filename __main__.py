"""``python -m reverie``: the same as the command ``reverie``."""

from .server.cli import main

main()
