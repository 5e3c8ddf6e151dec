"""Emulators of other people, each on a free port of loopback, and the requests that fill them."""
import base64
import glob
import html
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

import signing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from ports import free_port  # noqa: E402

ACCOUNT = "devstoreaccount1"  # azurite's own, published with it
ACCOUNT_KEY = ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGM"
               "Gw==")


def node_module(name, file):
    """The script of an npm package, in the folders where they are looked for; or None."""
    for top in (os.environ.get("CLEAVE_NODE_MODULES"),
                os.path.join(os.environ.get("CLEAVE_SOURCE_DIR", ""), "build", "npm", "node_modules"),
                os.path.join(os.environ.get("CLEAVE_BINARY_DIR", ""), "npm", "node_modules")):
        path = top and os.path.join(top, name, file)
        if path and os.path.isfile(path) and shutil.which("node"):
            return path
    return None


class Emulator:
    """A child that listens; COMMAND is made from its port. Nothing when it is not installed."""
    name = None

    def __init__(self):
        self.port, self.folder = free_port(), tempfile.mkdtemp(prefix="cleave-emulator-")
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen(
            self.command(), stdout=self.log, stderr=subprocess.STDOUT, cwd=self.folder,
            start_new_session=True, env=dict(os.environ, **self.environment()))
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.log.seek(0)
                    raise AssertionError(f"{self.name} did not start: {self.log.read()[-2000:]}")
                time.sleep(0.05)
        self.url = f"http://127.0.0.1:{self.port}"

    def environment(self):
        return {}

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, target, body=b"", headers=None, ok=(200, 201, 202, 204)):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        if response.status not in ok:
            raise AssertionError(f"{self.name}: {method} {target}: {response.status} {data[:500]}")
        return data.decode(errors="replace")


class Aws(Emulator):
    """What speaks SQS and S3."""
    keys = ("AKIDEXAMPLE", "a/secret+of=nobody")

    def signed(self, method, target, body, service, more=None):
        headers = signing.aws_headers(method, f"127.0.0.1:{self.port}", target, body, service,
                                      *self.keys, more=more)
        return self.ask(method, target, body, headers)

    def sqs(self, action, **members):
        body = json.dumps(members).encode()
        text = self.signed("POST", "/", body, "sqs", {
            "x-amz-target": f"AmazonSQS.{action}", "content-type": "application/x-amz-json-1.0"})
        return json.loads(text) if text else {}

    def queue(self, name, dead=None, **attributes):
        """(path, url) of a new queue; DEAD is the url of its dead letters."""
        if dead:
            arn = self.attributes(dead)["QueueArn"]
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
        url = self.sqs("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
        return urllib.parse.urlsplit(url).path, url

    def attributes(self, url):
        return self.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def n_messages(self, url):
        now = self.attributes(url)
        return int(now["ApproximateNumberOfMessages"]) + int(
            now["ApproximateNumberOfMessagesNotVisible"])

    def put(self, bucket, key, body):
        self.signed("PUT", f"/{bucket}/{urllib.parse.quote(key)}", body, "s3")


class Moto(Aws):
    name = "moto"

    @staticmethod
    def is_there():
        return shutil.which("moto_server") is not None

    def command(self):
        return ["moto_server", "-H", "127.0.0.1", "-p", str(self.port)]


class Fauxqs(Aws):
    name = "fauxqs"

    @staticmethod
    def is_there():
        return node_module("fauxqs", "dist/app.js") is not None

    def command(self):
        # Its own program listens on all addresses.
        return ["node", "--input-type=module", "-e", f"""
            import {{ buildApp }} from {json.dumps(node_module("fauxqs", "dist/app.js"))};
            await buildApp({{ logger: false }}).listen({{ port: {self.port}, host: "127.0.0.1" }});
            """]


class S3rver(Aws):
    name = "s3rver"
    keys = ("S3RVER", "S3RVER")  # it checks signatures with these

    @staticmethod
    def is_there():
        return node_module("s3rver", "bin/s3rver.js") is not None

    def command(self):
        return ["node", node_module("s3rver", "bin/s3rver.js"), "-a", "127.0.0.1", "-p",
                str(self.port), "-d", self.folder, "--configure-bucket", "images"]


class Azurite(Emulator):
    name = "azurite"

    @staticmethod
    def is_there():
        return node_module("azurite", "dist/src/queue/main.js") is not None

    def command(self):
        return ["node", node_module("azurite", "dist/src/queue/main.js"), "--inMemoryPersistence",
                "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--queuePort",
                str(self.port)]

    def signed(self, method, target, body=b"", ok=(200, 201, 202, 204)):
        headers = signing.azure_headers(method, target, body, ACCOUNT, ACCOUNT_KEY)
        return self.ask(method, target, body, headers, ok)

    def queue(self, name):
        self.signed("PUT", f"/{ACCOUNT}/{name}")
        return f"/{ACCOUNT}/{name}"

    def send(self, path, body, is_text=False):
        text = html.escape(body.decode()) if is_text else base64.b64encode(body).decode()
        self.signed("POST", path + "/messages",
                    f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>".encode())

    def n_messages(self, path):
        headers = signing.azure_headers("GET", path + "?comp=metadata", b"", ACCOUNT, ACCOUNT_KEY)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path + "?comp=metadata", headers=headers)
        response = connection.getresponse()
        response.read()
        return int(response.headers["x-ms-approximate-messages-count"])

    def texts(self, path):
        """What lies in a queue, without taking it."""
        page = self.signed("GET", path + "/messages?peekonly=true&numofmessages=32", ok=(200, 404))
        return [base64.b64decode(text).decode()
                for text in re.findall("<MessageText>(.*?)</MessageText>", page)]


class PubSub(Emulator):
    name = "Pub/Sub emulator"

    @staticmethod
    def jar():
        for top in ("/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk",
                    os.path.expanduser("~/google-cloud-sdk")):
            found = glob.glob(f"{top}/platform/pubsub-emulator/lib/cloud-pubsub-emulator*-all.jar")
            if found and shutil.which("java"):
                return found[0]
        return None

    @staticmethod
    def is_there():
        return PubSub.jar() is not None

    def command(self):
        return ["java", "-Xmx256m", "-jar", PubSub.jar(), "--host=127.0.0.1",
                f"--port={self.port}"]

    def call(self, method, target, value):
        return json.loads(self.ask(method, "/v1/projects/test/" + target, json.dumps(value).encode(),
                                   {"Content-Type": "application/json"}) or "{}")

    def subscription(self, name, **more):
        self.call("PUT", f"topics/{name}-topic", {})
        self.call("PUT", f"subscriptions/{name}",
                  {"topic": f"projects/test/topics/{name}-topic", "ackDeadlineSeconds": 10, **more})
        return f"/v1/projects/test/subscriptions/{name}"

    def publish(self, name, body, **attributes):
        self.call("POST", f"topics/{name}-topic:publish", {"messages": [
            {"data": base64.b64encode(body).decode(), "attributes": attributes}]})
