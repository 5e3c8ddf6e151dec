"""Strict stand-ins for SQS, S3, Azure's storage queues and Pub/Sub: every signature is computed
anew, unknown members are refused, and before an answer FAULT may have its own way.

`on_acknowledged` is called with the body of every message that is taken away.
"""
import base64
import hashlib
import html
import http.server
import json
import socket
import threading
import time
import urllib.parse
import uuid

import signing


class Message:
    def __init__(self, body, attributes=None):
        self.id, self.body, self.attributes = str(uuid.uuid4()), body, attributes or {}
        self.n_deliveries, self.visible, self.receipt, self.sent = 0, 0.0, None, time.time()


class Standin:
    """Messages with receipts and visibility; one lock around everything."""

    def __init__(self, keys):
        self.keys, self.messages, self.lock = keys, [], threading.RLock()
        self.fault = lambda action, n: None  # (status, bytes), "close", "stall" or None
        self.refusals, self.n_requests, self.on_acknowledged = [], {}, lambda body: None
        self.n_acknowledged = 0
        self.released = threading.Event()  # ends what stalls
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.serve(self, body)

            do_GET = do_POST = do_PUT = do_DELETE = serve

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, peer: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.public_url = self.url  # where a relay stands before it

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler, body):
        action = self.action(handler)
        with self.lock:
            n = self.n_requests[action] = self.n_requests.get(action, 0) + 1
            fault = self.fault(action, n)
        if fault == "close":
            handler.close_connection = True
            return
        if fault == "stall":
            self.released.wait(60)
            handler.close_connection = True
            return
        if fault:
            reply(handler, *fault)
            return
        problem = self.check(handler, body)
        if problem:
            with self.lock:
                self.refusals.append(problem)
            reply(handler, 403, self.error(problem))
            return
        reply(handler, *self.answer(action, handler, body))

    def send(self, body, **attributes):
        with self.lock:
            self.messages.append(Message(body, attributes))

    def take(self, n, seconds, wait=0):
        """At most N visible messages, hidden for SECONDS."""
        deadline = time.time() + wait
        while True:
            with self.lock:
                now = time.time()
                found = [m for m in self.messages if m.visible <= now][:n]
                for message in found:
                    message.visible, message.receipt = now + seconds, str(uuid.uuid4())
                    message.n_deliveries += 1
                if found or now >= deadline:
                    return found
            time.sleep(0.01)

    def find(self, receipt):
        return next((m for m in self.messages if m.receipt == receipt), None)

    def delete(self, receipt):
        """True when RECEIPT is that of the last delivery."""
        with self.lock:
            message = self.find(receipt)
            if message:
                self.messages.remove(message)
                self.n_acknowledged += 1
                self.on_acknowledged(message.body)
            return message is not None

    def hide(self, receipt, seconds):
        with self.lock:
            message = self.find(receipt)
            if message:
                message.visible = time.time() + seconds
            return message is not None

    def show_all(self):
        """As if every time-out had passed."""
        with self.lock:
            for message in self.messages:
                message.visible = 0.0


class Relay:
    """A slow and unreliable network before a server: bytes come in small pieces with pauses, and
    connections are cut at random moments."""

    def __init__(self, port, chance, pause=0.002, piece=512, cut=0.03):
        self.target, self.chance, self.pause, self.piece, self.cut = port, chance, pause, piece, cut
        self.n_cut, self.is_open = 0, True
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.is_open:
            try:
                here = self.server.accept()[0]
                there = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self.pass_on, args=(one, other), daemon=True).start()

    def pass_on(self, one, other):
        try:
            while data := one.recv(self.piece):
                time.sleep(self.pause)
                if self.chance.random() < self.cut:
                    self.n_cut += 1
                    break
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def stop(self):
        self.is_open = False
        self.server.close()


def reply(handler, status, data, headers=None):
    try:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
    except OSError:
        pass


class Sqs(Standin):
    path = "/000000000000/mail"
    members = {"ReceiveMessage": {"QueueUrl", "MaxNumberOfMessages", "WaitTimeSeconds",
                                  "VisibilityTimeout", "MessageSystemAttributeNames",
                                  "AttributeNames", "MessageAttributeNames"},
               "DeleteMessage": {"QueueUrl", "ReceiptHandle"},
               "ChangeMessageVisibility": {"QueueUrl", "ReceiptHandle", "VisibilityTimeout"}}
    longest_wait = 0.5

    def action(self, handler):
        return handler.headers.get("X-Amz-Target", "").removeprefix("AmazonSQS.")

    def error(self, problem):
        return json.dumps({"__type": f"com.amazonaws.sqs#{problem}", "message": "no"}).encode()

    def check(self, handler, body):
        if handler.headers.get("Content-Type") != "application/x-amz-json-1.0":
            return "UnsupportedMediaType"
        return signing.aws_check(handler.command, handler.path, dict(handler.headers.items()), body,
                                 self.keys, "sqs")

    def answer(self, action, handler, body):
        value = json.loads(body)
        if action not in self.members or not set(value) <= self.members[action]:
            return 400, self.error("InvalidAction")
        if value.get("QueueUrl") not in (self.url + self.path, self.public_url + self.path):
            return 400, self.error("QueueDoesNotExist")
        if action == "DeleteMessage":
            return (200, b"{}") if self.delete(value["ReceiptHandle"]) else \
                (400, self.error("ReceiptHandleIsInvalid"))
        if action == "ChangeMessageVisibility":
            return (200, b"{}") if self.hide(value["ReceiptHandle"], value["VisibilityTimeout"]) \
                else (400, self.error("MessageNotInflight"))
        if not (1 <= value["MaxNumberOfMessages"] <= 10 and 0 <= value["WaitTimeSeconds"] <= 20 and
                0 < value["VisibilityTimeout"] <= 43200):
            return 400, self.error("InvalidParameterValue")
        found = self.take(value["MaxNumberOfMessages"], value["VisibilityTimeout"],
                          min(value["WaitTimeSeconds"], self.longest_wait))
        messages = [{
            "MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body,
            "MD5OfBody": hashlib.md5(m.body.encode()).hexdigest(),
            "Attributes": {"ApproximateReceiveCount": str(m.n_deliveries),
                           "SentTimestamp": str(int(m.sent * 1000)), **m.attributes}}
                    for m in found]
        return 200, json.dumps({"Messages": messages} if messages else {}).encode()


class Azure(Standin):
    """KEYS is (account, key in base64)."""
    path = "/acct/mail"

    def __init__(self, keys):
        super().__init__(keys)
        self.poison = None

    def action(self, handler):
        return handler.command

    def error(self, problem):
        return (f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{problem}</Code>'
                "<Message>no</Message></Error>").encode()

    def check(self, handler, body):
        return signing.azure_check(handler.command, handler.path, dict(handler.headers.items()),
                                   len(body), *self.keys)

    def answer(self, action, handler, body):
        path, _, query = handler.path.partition("?")
        values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if path == self.path + "-poison" and action == "PUT":
            self.poison = []
            return 201, b""
        if path == self.path + "-poison/messages" and action == "POST":
            if self.poison is None:
                return 404, self.error("QueueNotFound")
            text = body.decode().split("<MessageText>")[1].split("</MessageText>")[0]
            self.poison.append(base64.b64decode(text).decode())
            return 201, b""
        if path == self.path + "/messages" and action == "GET":
            if not 1 <= int(values["numofmessages"]) <= 32:
                return 400, self.error("OutOfRangeQueryParameterValue")
            found = self.take(int(values["numofmessages"]), int(values["visibilitytimeout"]))
            when = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
            rows = "".join(
                f"<QueueMessage><MessageId>{m.id}</MessageId><InsertionTime>{when}</InsertionTime>"
                f"<PopReceipt>{html.escape(m.receipt)}</PopReceipt>"
                f"<DequeueCount>{m.n_deliveries}</DequeueCount>"
                f"<MessageText>{base64.b64encode(m.body.encode()).decode()}</MessageText>"
                "</QueueMessage>" for m in found)
            return 200, ('\ufeff<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>'
                         f"{rows}</QueueMessagesList>").encode()
        receipt = values.get("popreceipt")
        if path.startswith(self.path + "/messages/") and action == "DELETE":
            return (204, b"") if self.delete(receipt) else (404, self.error("MessageNotFound"))
        if path.startswith(self.path + "/messages/") and action == "PUT":
            return (204, b"") if self.hide(receipt, int(values["visibilitytimeout"])) else \
                (404, self.error("MessageNotFound"))
        return 400, self.error("UnsupportedHttpVerb")


class PubSub(Standin):
    """KEYS is the access token."""
    path = "/v1/projects/p1/subscriptions/mail"
    longest_wait = 0.5

    def action(self, handler):
        return handler.path.rpartition(":")[2]

    def error(self, problem):
        return json.dumps({"error": {"code": 403, "status": problem}}).encode()

    def check(self, handler, body):
        return None if handler.headers.get("Authorization") == f"Bearer {self.keys}" else \
            "UNAUTHENTICATED"

    def answer(self, action, handler, body):
        value = json.loads(body)
        if handler.path != f"{self.path}:{action}" or handler.command != "POST":
            return 404, self.error("NOT_FOUND")
        if action == "pull":
            found = self.take(value["maxMessages"], 10, self.longest_wait)
            return 200, json.dumps({"receivedMessages": [
                {"ackId": m.receipt, "message": {
                    "data": base64.b64encode(m.body.encode()).decode(), "messageId": m.id,
                    "publishTime": "2026-11-27T07:00:00.123Z", "attributes": m.attributes}}
                for m in found]} if found else {}).encode()
        for receipt in value["ackIds"]:
            if action == "acknowledge":
                self.delete(receipt)
            elif action == "modifyAckDeadline" and 0 <= value["ackDeadlineSeconds"] <= 600:
                self.hide(receipt, value["ackDeadlineSeconds"])
            else:
                return 400, self.error("INVALID_ARGUMENT")
        return 200, b"{}"


class S3(Standin):
    """One bucket; lists two objects a page. MESSAGES are not used."""
    path = "/images"

    def __init__(self, keys):
        super().__init__(keys)
        self.objects = {}  # key -> (etag, size, modified)

    def put(self, key, content):
        with self.lock:
            self.objects[key] = (hashlib.md5(content).hexdigest(), len(content),
                                 f"2026-11-27T07:00:{time.time() % 60:06.3f}Z")

    def action(self, handler):
        return "ListObjectsV2"

    error = Azure.error

    def check(self, handler, body):
        return signing.aws_check(handler.command, handler.path, dict(handler.headers.items()), body,
                                 self.keys, "s3")

    def answer(self, action, handler, body):
        path, _, query = handler.path.partition("?")
        values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if path != self.path or values.get("list-type") != "2":
            return 404, self.error("NoSuchBucket")
        with self.lock:
            after = base64.b64decode(values.get("continuation-token", "")).decode()
            keys = sorted(key for key in self.objects if key > after)
            page = [(key, *self.objects[key]) for key in keys[:2]]
        is_encoded = values.get("encoding-type") == "url"
        rows = "".join(
            f"<Contents><Key>{urllib.parse.quote_plus(k, safe='/') if is_encoded else html.escape(k)}"
            f"</Key><LastModified>{modified}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
            f"<Size>{size}</Size><Owner><ID>7</ID></Owner></Contents>"
            for k, etag, size, modified in page)
        more = len(keys) > 2
        token = base64.b64encode(page[-1][0].encode()).decode() if more else ""
        return 200, (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>images</Name>'
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
            f"{'<EncodingType>url</EncodingType>' if is_encoded else ''}"
            f"<NextContinuationToken>{token}</NextContinuationToken>{rows}"
            "</ListBucketResult>").encode()
