"""``python -m pingshan_geo`` is ``pingshan-geo``."""

import sys

from pingshan_geo.cli import main

sys.exit(main())
