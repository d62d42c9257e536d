"""Reads over TLS, trusting one certificate; without one, in plain text. With END it asks again and again in the same session, until there is a file of that name."""

import os
import time

import thrift_sasl
from pyhive import hive
from thrift.transport.TSocket import TSocket
from thrift.transport.TSSLSocket import TSSLSocket

host, port, certificate = "localhost", int(os.environ["PORT"]), os.environ["CERTIFICATE"]
socket = TSSLSocket(host, port, ca_certs=certificate) if certificate else TSocket(host, port)
socket.setTimeout(120_000)


def sasl():
    return hive.get_installed_sasl(host, "PLAIN", username=os.environ["USER_NAME"], password=os.environ["PASSWORD"])


connection = hive.connect(thrift_transport=thrift_sasl.TSaslClientTransport(sasl, "PLAIN", socket))
end = os.environ["END"]
while True:
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    rows = cursor.fetchall()
    if not end or os.path.exists(end):
        break
    time.sleep(1)
print(rows)
