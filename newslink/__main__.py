"""``python -m newslink``."""

import sys

from newslink.cli import main

sys.exit(main())
