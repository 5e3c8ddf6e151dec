#!/usr/bin/python3
"""A hostile function: speaks the Runtime API by hand and answers what its event asks for."""
import http.client
import json
import os
import socket
import sys
import time

host, _, base = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
BASE = "/" + base + "/2018-06-01/runtime/invocation"

ANSWERS = {
    "garbage": b"\x00\xff\xfe not json {{{",
    "empty": b"",
    "status": b'{"statusCode": 999999999999}',
    "text-status": b'{"statusCode": "abc"}',
    "inject": json.dumps({"statusCode": 200, "headers": {
        "X-A": "1\r\nX-Injected: yes", "X-B\r\nX-Injected2": "1", "": "x", "Content-Length": "1",
        "Transfer-Encoding": "chunked", "X-Good": "1"},
        "cookies": ["a=1\r\nX-Injected3: 1"], "body": "fine"}).encode(),
    "types": b'{"statusCode": 200, "headers": [1, 2], "cookies": {"a": 1}, "body": {"x": 1}}',
    "deep": b"[" * 100000,
    "base64": b'{"statusCode": 200, "isBase64Encoded": true, "body": "***not base64***"}',
    "large": b'{"statusCode": 200, "body": "' + b"a" * (7 << 20) + b'"}',
}


def post(path, body):
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", path, body)
    status = connection.getresponse().status
    connection.close()
    return status


while True:
    connection = http.client.HTTPConnection(host, timeout=600)
    connection.request("GET", BASE + "/next")
    response = connection.getresponse()
    event = json.loads(response.read())
    request = response.getheader("Lambda-Runtime-Aws-Request-Id")
    connection.close()
    what = event["pathParameters"]["what"]
    path = f"{BASE}/{request}/response"
    if what == "wrong-id":
        print("refused with", post(f"{BASE}/somebody-elses/response", b"{}"), flush=True)
        print("escape \x1b[31m\x07 sequence", flush=True)
        post(path, b'{"statusCode": 200, "body": "ok"}')
    elif what == "twice":
        post(path, b'{"statusCode": 200, "body": "first"}')
        print("second answer:", post(path, b'{"statusCode": 200, "body": "second"}'), flush=True)
    elif what == "half":
        peer = socket.create_connection(host.rsplit(":", 1), timeout=5)
        peer.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc".encode())
        peer.close()
        sys.exit(3)
    elif what == "noise":
        print("n" * 300000, flush=True)
        post(path, b'{"statusCode": 200, "body": "quiet"}')
    elif what == "hang-up":
        time.sleep(30)
    else:
        post(path, ANSWERS[what])
