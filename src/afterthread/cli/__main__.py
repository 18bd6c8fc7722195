"""`python -m afterthread.cli` is the command `afterthread`."""

import sys

from afterthread.cli import main

sys.exit(main())
