"""`python -m custody.cli`."""

from custody.cli import main

main()
