"""The private PostgreSQL of the tests."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tools.postgres_server import PostgresServer


def test_it_keeps_its_data_until_the_end_of_the_block_and_leaves_nothing() -> None:
    with PostgresServer() as server:
        engine = create_engine(server.url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 'yes' AS answer"))
        server.stop()
        with pytest.raises(OperationalError), engine.connect():
            pass
        server.start()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT answer FROM kept")) == "yes"
    folder = Path(parse_qs(urlsplit(server.url).query)["host"][0])
    assert not folder.exists()
