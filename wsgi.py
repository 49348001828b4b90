"""The web process: `gunicorn wsgi:app`."""

import sys

from config import SettingsError
from neoserra import create_app

try:
    app = create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(3)  # gunicorn's own status of a worker that cannot boot: it ends instead of starting the next
