"""Attacks on HTTP itself, for every server of ours: what could mean two things, and must be refused."""


def get(*lines: bytes, first: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: x") -> bytes:
    """Spell a request without a body."""
    return b"\r\n".join([first, *([host] if host else []), *lines, b"", b""])


def post(*lines: bytes, body: bytes = b"0\r\n\r\n", first: bytes = b"POST / HTTP/1.1") -> bytes:
    """Spell a request with a body: without another, that of a chunked form without chunks."""
    return get(*lines, first=first) + body


# Each is a whole connection's bytes. The answer is the bland page, once, and the connection is closed.
REFUSED: dict[str, bytes] = {
    "a length and chunks (CL.TE)": post(b"Content-Length: 4", b"Transfer-Encoding: chunked"),
    "chunks and a length (TE.CL)": post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"5c\r\n"),
    "chunked twice (TE.TE)": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunked and then something": post(b"Transfer-Encoding: chunked, gzip"),
    "chunked misspelt": post(b"Transfer-Encoding: xchunked"),
    "chunked in quotes": post(b'Transfer-Encoding: "chunked"'),
    "chunked behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked"),
    "chunked with a space before the colon": post(b"Transfer-Encoding : chunked"),
    "chunked behind a fold": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunked behind a bare line feed": post(b"X: y\nTransfer-Encoding: chunked"),
    "chunked and identity": post(b"Transfer-Encoding: identity", b"Content-Length: 3", body=b"abc"),
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths that differ": post(b"Content-Length: 1", b"Content-Length: 2", body=b"ab"),
    "two lengths that agree": post(b"Content-Length: 2", b"Content-Length: 2", body=b"ab"),
    "a list of lengths": post(b"Content-Length: 2, 2", body=b"ab"),
    "a length with a plus": post(b"Content-Length: +2", body=b"ab"),
    "a length with a minus": post(b"Content-Length: -2", body=b"ab"),
    "a length with an underscore": post(b"Content-Length: 1_0", body=b"ab"),
    "a length in hexadecimal": post(b"Content-Length: 0x2", body=b"ab"),
    "a length in foreign digits": post(b"Content-Length: \xb2", body=b"ab"),
    "an empty length": post(b"Content-Length: ", body=b"ab"),
    "a bare line feed behind the first line": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "a bare carriage return in a header": get(b"X: a\rY: b"),
    "a NUL in a header": get(b"X: a\x00b"),
    "a NUL in a header's name": get(b"X\x00: a"),
    "a space before a colon": get(b"X : a"),
    "a folded header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "a header without a name": get(b": a"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get(b"Host: x"),
    "an empty host": b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "a host with a name before it": b"GET / HTTP/1.1\r\nHost: me@x\r\n\r\n",
    "a host with a space": b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
    "a host with two ports": b"GET / HTTP/1.1\r\nHost: x:1:2\r\n\r\n",
    "a host of a thousand letters": b"GET / HTTP/1.1\r\nHost: " + b"x." * 500 + b"\r\n\r\n",
    "two hosts in one": b"GET / HTTP/1.1\r\nHost: x, y\r\n\r\n",
    "a host with markup": b"GET / HTTP/1.1\r\nHost: <b>\r\n\r\n",
    "a whole address as the target": get(first=b"GET http://evil.example/ HTTP/1.1"),
    "a host and a port as the target": get(first=b"CONNECT evil.example:80 HTTP/1.1"),
    "a star as the target": get(first=b"OPTIONS * HTTP/1.1"),
    "two slashes, which read as a host": get(first=b"GET //evil.example/ HTTP/1.1"),
    "two slashes before a page": get(first=b"GET //report HTTP/1.1"),
    "an encoded slash": get(first=b"GET /static/..%2f..%2Fkeys HTTP/1.1"),
    "an encoded slash between honest words": get(first=b"GET /v1%2fwaiting HTTP/1.1"),
    "an encoded backslash": get(first=b"GET /static/..%5csite_app.py HTTP/1.1"),
    "an encoded NUL": get(first=b"GET /report%00 HTTP/1.1"),
    "a target without a slash": get(first=b"GET report HTTP/1.1"),
    "a raw NUL in the target": get(first=b"GET /\x00 HTTP/1.1"),
    "raw letters in the target": get(first=b"GET /\xc3\xa9 HTTP/1.1"),
    "a method in small letters": get(first=b"get / HTTP/1.1"),
    "a method of a hundred letters": get(first=b"G" * 100 + b" / HTTP/1.1"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2, from the start": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.2 misspelt": get(first=b"GET / HTTP/1.10"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "an expectation nobody has": post(b"Expect: cows", b"Content-Length: 0", body=b""),
    "a target of 5,000 letters": b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header of 9,000 letters": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9_000 + b"\r\n\r\n",
    "a cookie of 9,000 letters": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: visit=" + b"x" * 9_000 + b"\r\n\r\n",
    "sixty headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: 1\r\n" * 60 + b"\r\n",
    "a proxy's first line": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


# Behind each a whole request is waiting, which these bytes claim as their own: its answer must not be seen.
SMUGGLES: dict[str, bytes] = {
    name: head
    for name, head in REFUSED.items()
    if any(word in name for word in ("chunk", "length", "line feed", "NUL", "fold", "space", "host", "target"))
}
