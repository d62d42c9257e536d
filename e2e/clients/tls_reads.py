"""Reads over TLS, trusting one certificate; without one, in plain text."""

import os

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
cursor = connection.cursor()
cursor.execute("SELECT 1")
print(cursor.fetchall())
