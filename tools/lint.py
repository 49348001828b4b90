"""`dev.py lint`: style, form and types; all three are told, whichever fails."""

import subprocess
import sys

CHECKS = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])


def main() -> int:
    return max(subprocess.run([sys.executable, "-m", *check], check=False).returncode for check in CHECKS)


if __name__ == "__main__":
    sys.exit(main())
