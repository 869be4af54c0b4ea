"""A client of another house: Python's websockets, and the frames of docs/PROTOCOL.md put together by hand.

usage: foreign.py HOST:PORT TOKEN [CERTIFICATE]
Prints a line per story; the exit code tells whether all of them went as they should.
"""

import asyncio
import ssl
import struct
import sys
import time

import websockets

ADDRESS, TOKEN = sys.argv[1:3]
SECURE = ssl.create_default_context(cafile=sys.argv[3]) if len(sys.argv) > 3 else None
ORIGIN = f"{'https' if SECURE else 'http'}://{ADDRESS}"
HEADERS = "additional_headers" if int(websockets.__version__.split(".")[0]) >= 14 else "extra_headers"


def connect(origin=None, bearer=None, **options):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    url = f"{'wss' if SECURE else 'ws'}://{ADDRESS}/"
    return websockets.connect(url, origin=origin, ssl=SECURE, max_size=2**20, **{HEADERS: headers}, **options)


def frame(kind, body):
    return struct.pack(">BBH", 0xA1, kind, len(body)) + body


def hello(client, token, role=1):
    token = token.encode()
    fields = struct.pack(">BBHBQQQQ", 0, role, 16384, 0, 0, 0, client, 0)
    return frame(0x01, fields + bytes([len(token)]) + token + b"\0")


async def until(socket, wanted, what):
    """Reads frames until one is wanted; answers pings. Output is joined."""
    output, began = b"", time.monotonic()
    while True:
        try:
            message = await asyncio.wait_for(socket.recv(), 15)
        except asyncio.TimeoutError:
            raise AssertionError(f"no {what}, but {output}") from None
        version, kind, length = struct.unpack(">BBH", message[:4])
        assert version == 0xA1 and len(message) == 4 + length, message[:8]
        assert time.monotonic() - began < 30, f"no {what}, but {output}"
        if kind == 0x04:
            await socket.send(frame(0x05, message[4:8]))
        if kind == 0x10:
            output += message[12:]
        if wanted(kind, message[4:], output):
            return message[4:]


async def refused(connecting):
    """The HTTP status with which a WebSocket is refused."""
    try:
        await connecting
    except Exception as error:
        return getattr(error, "status_code", None) or error.response.status_code
    raise AssertionError("it was let in")


async def closed(socket):
    """The code with which the host closes."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 30)
    except websockets.ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 1006


async def page():
    async with connect(origin=ORIGIN) as socket:
        await socket.send(hello(time.monotonic_ns(), TOKEN))
        await until(socket, lambda kind, *_: kind == 0x02, "a welcome")
        await until(socket, lambda kind, body, output: b"$ " in output or b"# " in output, "a prompt")
        await socket.send(frame(0x22, struct.pack(">HH", 90, 30)))
        await socket.send(frame(0x20, struct.pack(">Q", 0) + b"stty size; echo $((20 + 2))-typed\r"))
        await until(socket, lambda kind, body, output: b"30 90" in output and b"22-typed" in output, "an answer")
        await socket.send(frame(0x04, struct.pack(">IQ", 7, 36)))
        await until(socket, lambda kind, body, _: kind == 0x05 and body == struct.pack(">I", 7), "a pong")
        await asyncio.wait_for(await socket.ping(), 30)


async def program():
    async with connect(bearer=TOKEN) as socket:
        whole = hello(2, TOKEN, role=0)
        await socket.send([whole[:3], whole[3:20], whole[20:]])  # a message in three fragments
        await until(socket, lambda kind, *_: kind == 0x02, "a welcome")


async def strangers():
    assert await refused(connect(origin="http://evil.example", bearer=TOKEN)) == 403
    assert await refused(connect(origin="null")) == 403
    assert await refused(connect()) == 403
    assert await refused(connect(bearer="0" * 32)) == 403
    async with connect(origin=ORIGIN) as socket:
        await socket.send(hello(3, "0" * 32))
        assert await closed(socket) == 4003


async def nonsense():
    for message in ["text", b"", b"\xa1", frame(0x02, b""), b"x" * 70000]:
        async with connect(origin=ORIGIN) as socket:
            await socket.send(message)
            assert await closed(socket) in (1006, 1009, 4001, 4004), message[:8]
    async with connect(origin=ORIGIN) as socket:  # a message of 16 MiB in fragments

        async def endless():
            for _ in range(4096):
                yield b"x" * 4096
                await asyncio.sleep(0)

        try:
            await socket.send(endless())
        except websockets.exceptions.WebSocketException:
            pass
        assert await closed(socket) in (1006, 1009)


async def main():
    for story in [page, program, strangers, nonsense, page]:
        began = time.monotonic()
        await asyncio.wait_for(story(), 60)
        print(f"{story.__name__}: as it should be ({time.monotonic() - began:.1f} s)", flush=True)


asyncio.run(main())
