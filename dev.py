#!/usr/bin/env python3
"""Runs, tests and checks the project on a machine that has nothing but Python 3.11 or newer.

python3 dev.py run | test | lint | translate | bench | fault        (README.md says what each does)
"""

import sys

# An older Python must come as far as this sentence: nothing newer may be imported or written above it.
if sys.version_info < (3, 11):
    sys.exit("dev.py needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info))

from tools import commands

commands.main(sys.argv[1:])
