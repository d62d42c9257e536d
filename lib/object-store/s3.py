"""Requests to an S3-compatible store, signed (AWS Signature Version 4)."""

import hashlib
import hmac
from datetime import datetime, timezone
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import quote, urlsplit


class Refused(Exception):
    """The store has answered, and not with yes."""

    def __init__(self, method: str, path: str, status: int, body: bytes):
        super().__init__(f"the store answers {method} {path} with {status}: {body.decode(errors='replace')[:300]}")
        self.status, self.body = status, body


class Store:
    def __init__(self, url: str, region: str, user: str, password: str):
        self.url, self.region, self.user, self.password = urlsplit(url), region, user, password

    def request(self, method: str, path: str, query: dict[str, str] = {}, body: bytes = b"", headers: dict[str, str] = {}) -> bytes:
        """The body of the answer. Raises Refused for any status that is no success, an OSError if the store cannot be reached."""
        asked = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in sorted(query.items()))
        path = quote(path)
        connect = HTTPSConnection if self.url.scheme == "https" else HTTPConnection
        connection = connect(self.url.netloc, timeout=20)
        try:
            connection.request(method, f"{path}?{asked}" if asked else path, body, {**headers, **self.signature(method, path, asked, body)})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(method, path, answer.status, content)
        return content

    def find(self, path: str, query: dict[str, str] = {}) -> bytes | None:
        """What is there; nothing if nothing is."""
        try:
            return self.request("GET", path, query)
        except Refused as refused:
            if refused.status != 404:
                raise
            return None

    def signature(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        signed = {"host": self.url.netloc, "x-amz-content-sha256": digest, "x-amz-date": now}
        names = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        request = "\n".join([method, path, query, lines, names, digest])
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self.password}".encode()
        for part in [*scope.split("/"), text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        value = f"AWS4-HMAC-SHA256 Credential={self.user}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return {**signed, "authorization": value}
