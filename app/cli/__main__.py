"""`python -m app.cli`: the command where no entry point was installed."""

from app.cli.main import main

main()
