"""How gunicorn serves the site: `gunicorn --config deploy/gunicorn.conf.py wsgi:app`."""

import gc
import os

import phonenumbers

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 2
worker_class = "gthread"
preload_app = True  # the workers share what was loaded once; the site opens no connection while it loads
threads = 8
graceful_timeout = 30  # seconds for requests under way at SIGTERM
accesslog = None  # it would hold the addresses of links; the site logs what it refused and what went wrong
control_socket_disable = True  # it would be opened in the home folder of the user
forwarded_allow_ips = ""  # X-Forwarded-* is read by the site alone, and only as PROXY_HOPS says


def when_ready(_server: object) -> None:
    """Load what is slow to load before the workers are forked, and keep it from garbage collection: it stays shared."""
    phonenumbers.is_valid_number(phonenumbers.parse("+12025550123"))
    gc.collect()
    gc.freeze()
