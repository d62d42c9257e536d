"""What a JDBC port does with what is no login, and with messages that say they are large. Prints after how many seconds each connection was ended."""

import json
import os
import socket
import struct
import time

USER, PASSWORD = os.environ["USER_NAME"], os.environ["PASSWORD"]


def message(status: int, text: bytes) -> bytes:
    return bytes([status]) + struct.pack(">I", len(text)) + text


START = message(1, b"PLAIN")
LOGIN = START + message(5, b"\0" + USER.encode() + b"\0" + PASSWORD.encode())


def seconds(*parts: bytes) -> float:
    """Until the gateway ends the connection; -1 if it does not within half a minute. After each part but the last it waits for an answer."""
    began = time.time()
    with socket.create_connection(("127.0.0.1", int(os.environ["PORT"])), 30) as connection:
        try:
            for part in parts[:-1]:
                connection.sendall(part)
                assert connection.recv(5)[:1] == b"\5", "the login is refused"
            connection.sendall(parts[-1])
            while connection.recv(1000):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return -1
    return round(time.time() - began, 1)


print(
    json.dumps(
        {
            "one byte": seconds(b"\1"),
            "half a login": seconds(LOGIN[:-1]),
            "a login of 4 GiB": seconds(START + b"\5\xff\xff\xff\xff"),
            "something else": seconds(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            "a message of 2 GiB": seconds(LOGIN, b"\x7f\xff\xff\xff"),
            "a message with a name of 95 MiB": seconds(LOGIN, b"\0\0\0\x08\x80\1\0\1\x05\xf5\xe1\0"),
            "a message of 17 MiB": seconds(LOGIN, struct.pack(">I", 17 << 20)),
        }
    )
)
