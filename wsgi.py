"""The web process: `gunicorn wsgi:app`."""

import sys

from config import SettingsError
from neoserra import create_app

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
