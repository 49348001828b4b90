"""What dev.py and the tests need around the site: its virtualenv, servers, browser."""
