"""What is here installs packages and takes minutes: it is collected only where `CLIENTS` asks for some of it."""

import os

collect_ignore_glob = [] if os.environ.get("CLIENTS") else ["test_*.py"]
