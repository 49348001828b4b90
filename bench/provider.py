"""A provider that answers every request after some milliseconds, many at a time, at next to no cost: what a message
engine waits for. Run as `python -m bench.provider MILLISECONDS`; it prints its port.

It speaks as much of Twilio as is needed, and tells under `/doors` when each message, by its reference, was at its door.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import ClassVar

REFERENCE = re.compile(rb"Ref\+([A-Z]{8})|Neoserra\+([A-Z]{8})")
LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


class Provider(asyncio.Protocol):
    doors: ClassVar[dict[str, list[float]]] = {}
    delay: ClassVar[float]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not separator or (length and len(body) < int(length[1])):
            return
        self.received = b""
        if head.startswith(b"GET"):
            self.answer(200, Provider.doors)
            Provider.doors = {}
            return
        found = REFERENCE.search(body)
        reference = (found[1] or found[2]).decode() if found else "?"
        Provider.doors.setdefault(reference, []).append(time.time())
        loop = asyncio.get_running_loop()
        loop.call_later(Provider.delay, self.answer, 201, {"sid": f"SM{reference}", "status": "queued"})

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.transport.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)


async def main(milliseconds: float) -> None:
    Provider.delay = milliseconds / 1000
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
