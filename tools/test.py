"""`dev.py test`: gets what the tests need, then becomes pytest."""

import os
import sys
from typing import NoReturn

from tools import chromium, redis_server
from tools.environment import Unavailable, say

WITHOUT_BROWSER = "--no-browser"


def main(arguments: list[str]) -> NoReturn:
    """Exits with the sentence that says how to get what is missing, where something is."""
    try:
        redis_server.find_server()
        if WITHOUT_BROWSER in arguments:
            arguments = [*(argument for argument in arguments if argument != WITHOUT_BROWSER), "-m", "not browser"]
            say("leaving out the browser tests, as --no-browser asks")
        else:
            os.environ["NEOSERRA_CHROMIUM"] = str(chromium.find())
    except Unavailable as problem:
        sys.exit(str(problem))
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-n", "2", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
