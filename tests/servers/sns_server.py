"""Amazon SNS as moto plays it: a real HTTP server on a loopback port."""

from __future__ import annotations

import json
import urllib.request
from types import TracebackType
from typing import Any, Self

from moto.server import ThreadedMotoServer


class SnsServer:
    """`with SnsServer() as sns:` serves at `sns.url`."""

    def __init__(self) -> None:
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def __enter__(self) -> Self:
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.forget()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._moto.stop()

    def forget(self) -> None:
        self._ask("reset", "POST")

    def texts(self) -> list[tuple[str, str]]:
        """Number and text of each message."""
        return [(each["phone_number"], each["message"]) for each in self._ask("data.json")["sns"].get("SMS", [])]

    def _ask(self, what: str, method: str = "GET") -> Any:
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/{what}", method=method)) as answer:
            return json.loads(answer.read())
