"""`python -m pyproxy` is `pyproxy`."""

from pyproxy.cli import main

main()
