"""One user tries by each place in which the protocol has a name to be another one. Prints by place whose login for the store the session has, or the error; then what the gateway says to a message of structures in structures."""

import json
import os
import socket
import struct

from pyhive import hive
from thrift.transport import TSocket, TTransport

PORT, USER, PASSWORD, OTHER = int(os.environ["PORT"]), os.environ["USER_NAME"], os.environ["PASSWORD"], os.environ["OTHER"]


def login(words):
    text = "\0".join(words).encode()
    return b"\1\0\0\0\5PLAIN\5" + struct.pack(">I", len(text)) + text


class LoggedIn(TTransport.TFramedTransport):
    """What follows a login is frames."""

    def __init__(self, *words):
        super().__init__(TSocket.TSocket("127.0.0.1", PORT))
        self.words = words

    def open(self):
        connection = self._TFramedTransport__trans
        connection.open()
        connection.write(login(self.words))
        status, length = struct.unpack(">BI", connection.readAll(5))
        text = connection.readAll(length) if length else b""
        if status != 5:
            raise RuntimeError(text.decode())


def tenant(words=("", USER, PASSWORD), name=USER, settings=None):
    try:
        connection = hive.connect(thrift_transport=LoggedIn(*words), username=name, configuration=settings)
        cursor = connection.cursor()
        cursor.execute("SELECT java_method('java.lang.System', 'getenv', 'AWS_ACCESS_KEY_ID')")
        return cursor.fetchall()[0][0]
    except Exception as error:
        return " ".join(str(error).split())[:300]


def nested(depth):
    """Of a request to open a session: a field that nobody knows, with a structure in it, and so on."""
    opened = b"\x80\1\0\1" + struct.pack(">I", 11) + b"OpenSession" + struct.pack(">I", 0) + b"\x0c\0\1"
    message = opened + b"\x0c\0\x7f" * depth + b"\0" * (depth + 2)
    with socket.create_connection(("127.0.0.1", PORT), 30) as connection:
        try:
            connection.sendall(login(("", USER, PASSWORD)))
            connection.recv(5)
            connection.sendall(struct.pack(">I", len(message)) + message)
            answer = connection.recv(1000)
        except ConnectionError:
            answer = b""
        except TimeoutError:
            return "nothing for half a minute"
    return answer.decode("ascii", "replace") if answer else "ended"


print(
    json.dumps(
        {
            "herself": tenant(),
            "as a proxy for herself": tenant(settings={"hive.server2.proxy.user": USER}),
            "as the identity of the login": tenant((OTHER, USER, PASSWORD)),
            "as the name of the login": tenant((USER, OTHER, PASSWORD)),
            "as a second name of the login": tenant(("", USER + "\0" + OTHER, PASSWORD)),
            "as the name in the request": tenant(name=OTHER),
            **{
                f"as {key}": tenant(settings={key: OTHER})
                for key in (
                    "hive.server2.proxy.user",
                    "kyuubi.session.proxy.user",
                    "set:hiveconf:hive.server2.proxy.user",
                    "kyuubi.session.user",
                    "kyuubi.session.real.user",
                    "HADOOP_PROXY_USER",
                )
            },
            "three structures": nested(3),
            "two million structures": nested(2_000_000),
        }
    )
)
