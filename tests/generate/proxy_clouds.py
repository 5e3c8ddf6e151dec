"""Proxies before clouds: where AWS credentials come from, what is published to Pub/Sub and Azure's
queues, and a message's whole way from a proxy through somebody else's queue to a function."""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import urllib.parse
import xml.etree.ElementTree

import emulators
import hosting
from proxying import SECRET, Program, expect, settings, signature

GOOD = json.dumps({"result": 1, "errno": 0, "total": {
    "cents": "1", "rate": 1, "share": 1, "n_lines": 1}}).encode()
ANSWERED = "total 1 errno 0: 1 0x1p+0 0x1p+0 1"
REFUSED = "total -1 errno 13: 1 0x1p+1 0x1.8p+1 4"
BARE = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
        "AWS_EC2_METADATA_DISABLED": "true"}


class Server:
    """Answers GET and PUT by ANSWER(handler) -> (status, bytes); counts them."""

    def __init__(self, answer, address="127.0.0.1"):
        self.asked, outer = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                outer.asked.append((self.command, self.path))
                status, data = answer(self)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_PUT = do_GET

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://{address}:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()


def document(seconds, number=1):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return json.dumps({"Code": "Success", "AccessKeyId": f"ASIA{number}", "Token": f"tok{number}==",
                       "SecretAccessKey": SECRET,
                       "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()


def ask(binary, work, standin, environment, n=1):
    """Answers of N calls, signed with what ENVIRONMENT leads to; nothing secret in the log."""
    standin.answer = lambda handler, body: (200, GOOD, {})
    standin.forget()
    program = Program(binary, work, settings(standin.url, "remote", "lambda"),
                      dict(BARE, **environment))
    said = [program.ask("total DE 1") for _ in range(n)]
    program.close()
    if os.path.exists(program.log):
        with open(program.log, encoding="utf-8") as text:
            log = text.read()
        expect("secrets in the log", [word for word in (SECRET, "tok1==", "Bearer-of-this")
                                      if word in log], [])
    for path, headers, body in standin.requests:
        ours, theirs, _ = signature(path, headers, body, SECRET)
        expect("signature", theirs, ours)
    return said


def key_of(request):
    return request[1]["Authorization"].split("Credential=")[1].split("/")[0]


def check_file(binary, work, standin):
    path = f"{work}/credentials"
    with open(path, "w", encoding="utf-8") as out:
        out.write("[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = other\n"
                  f"[work]\naws_access_key_id=AKIDWORK\naws_secret_access_key={SECRET}\n")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": path, "AWS_PROFILE": "work"}
    expect("of the file", ask(binary, work, standin, environment), [ANSWERED])
    expect("profile", key_of(standin.requests[0]), "AKIDWORK")
    environment["AWS_PROFILE"] = "nobody"
    expect("no such profile", ask(binary, work, standin, environment), [REFUSED])
    expect("nothing was sent", standin.requests, [])


def check_container(binary, work, standin):
    tokens = []
    seconds = [3600]

    def answer(handler):
        tokens.append(handler.headers.get("Authorization"))
        return 200, document(seconds[0], len(tokens))

    server = Server(answer)
    token_file = f"{work}/token"
    with open(token_file, "w", encoding="utf-8") as out:
        out.write("Bearer-of-this\n")
    environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/role",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token_file,
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this"}
    expect("container", ask(binary, work, standin, environment, 4), [ANSWERED] * 4)
    expect("asked for once", (server.asked, tokens), ([("GET", "/role")], ["Bearer-of-this"]))
    expect("key", key_of(standin.requests[3]), "ASIA1")
    expect("token", standin.requests[3][1]["X-Amz-Security-Token"], "tok1==")
    # What has expired is not used again.
    tokens.clear()
    seconds[0] = -1
    expect("expired", ask(binary, work, standin, environment, 3), [ANSWERED] * 3)
    expect("asked for each time", [key_of(request) for request in standin.requests],
           ["ASIA1", "ASIA2", "ASIA3"])
    server.stop()
    broken = [lambda handler: (500, b""), lambda handler: (200, b"{\"AccessKeyId\":\"A\"}"),
              lambda handler: (200, b"<html>"), lambda handler: (404, document(3600))]
    for way in broken:
        server = Server(way)
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url
        expect("no credentials", ask(binary, work, standin, environment, 2), [REFUSED] * 2)
        expect("not asked at once again", len(server.asked), 1)
        server.stop()
    # Credentials do not come in the clear from elsewhere: such a server is not even asked.
    server = Server(lambda handler: (200, document(3600)), "127.0.0.2")
    place = server.url.removeprefix("http://")
    for url in (server.url, f"http://127.0.0.1@{place}", f"http://127.0.0.1:80@{place}/",
                "ftp://127.0.0.1/"):
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
        expect(url, ask(binary, work, standin, environment), [REFUSED])
    expect("not asked", server.asked, [])
    server.stop()


def check_instance(binary, work, standin):
    def answer(handler):
        if handler.command == "PUT":
            lives = handler.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            return (200, b"session-7") if lives else (400, b"")
        if handler.headers.get("X-aws-ec2-metadata-token") != "session-7":
            return 401, b""
        return 200, document(3600) if handler.path.endswith("/shop-role") else b"shop-role\n"

    server = Server(answer)
    environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
                   "AWS_EC2_METADATA_DISABLED": "false"}
    expect("instance", ask(binary, work, standin, environment, 3), [ANSWERED] * 3)
    place = "/latest/meta-data/iam/security-credentials/"
    expect("version 2, once", server.asked, [("PUT", "/latest/api/token"), ("GET", place),
                                             ("GET", place + "shop-role")])
    server.stop()


def queue_settings(kind, url):
    routes = settings("http://127.0.0.1:1", "queue", kind)
    routes["targets"]["there"]["queue_url"] = url
    return routes


def traces(program):
    return [event["message"].split("trace ")[1][:32] for event in program.events("call")
            if "trace " in event["message"]]


def check_publishing(binary, work, standin):
    """Pub/Sub's publish request, strictly: nothing in it that the service does not know."""
    server = Server(lambda handler: (200, b'{"access_token":"ya29.token","expires_in":3599}'))
    environment = {"GCE_METADATA_HOST": server.url.removeprefix("http://")}
    standin.forget()
    standin.answer = lambda handler, body: (200, b'{"messageIds":["1"]}', {})
    target = "/v1/projects/p/topics/clicks:publish"
    program = Program(binary, work, queue_settings("run", standin.url + target), environment)
    expect("published", [program.ask("click a+b&\u00fc 3"), program.ask("click c 1")],
           ["click errno 0"] * 2)
    path, headers, body = standin.requests[0]
    expect("path", path, target)
    expect("type", headers["Content-Type"], "application/json")
    expect("token", headers["Authorization"], "Bearer ya29.token")
    expect("asked once, for an access token", server.asked,
           [("GET", "/computeMetadata/v1/instance/service-accounts/default/token")])
    value = json.loads(body)
    expect("members", (set(value), len(value["messages"])), ({"messages"}, 1))
    message = value["messages"][0]
    expect("of a message", set(message), {"data", "attributes"})
    expect("data", json.loads(base64.b64decode(message["data"], validate=True)),
           {"product": "a+b&\u00fc", "weight": 3})
    expect("trace", message["attributes"]["traceparent"].split("-")[1], traces(program)[0])
    # What the queue surely did not take is done here; what it may have taken is an error.
    for status, number, n_here in ((403, 0, 1), (429, 0, 2), (500, 5, 2)):
        standin.answer = lambda handler, body, status=status: (status, b"{}", {})
        expect("refused", program.ask("click d 1"), f"click errno {number}")
        expect("done here", program.ask("clicks x 0"), f"clicks {n_here}")
    program.close()
    server.stop()


def check_azure_queue(binary, work, standin):
    """The address with its signature comes from a variable and shows up nowhere."""
    standin.forget()
    standin.answer = lambda handler, body: (201, b"", {})
    secret = "sig=very%2Bsecret%3D"
    environment = {"CLICKS_QUEUE": f"{standin.url}/clicks/messages?sv=2020-10-02&{secret}"}
    program = Program(binary, work, queue_settings("azure", "env:CLICKS_QUEUE"), environment)
    expect("sent", program.ask("click <a>& 3"), "click errno 0")
    path, headers, body = standin.requests[0]
    expect("path", path, f"/clicks/messages?sv=2020-10-02&{secret}")
    root = xml.etree.ElementTree.fromstring(body)
    expect("body", (headers["Content-Type"], root.tag, [child.tag for child in root]),
           ("application/xml", "QueueMessage", ["MessageText"]))
    expect("message", json.loads(base64.b64decode(root[0].text, validate=True)),
           {"product": "<a>&", "weight": 3})
    standin.answer = lambda handler, body: (403, b"<Error/>", {})
    expect("refused", program.ask("click a 3"), "click errno 0")
    expect("done here", program.ask("clicks x 0"), "clicks 3")
    program.close()
    with open(program.log, encoding="utf-8") as text:
        expect("signature in the log", secret in text.read(), False)


def shared_access(path):
    """A signed address of azurite's queue: a service SAS, as Microsoft describes it."""
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")
    text = "\n".join(["a", "", end, f"/queue/{emulators.ACCOUNT}/{path.rsplit('/', 1)[1]}", "", "",
                      "", "2020-10-02"])
    value = base64.b64encode(hmac.new(base64.b64decode(emulators.ACCOUNT_KEY), text.encode(),
                                      hashlib.sha256).digest()).decode()
    return urllib.parse.urlencode({"sv": "2020-10-02", "sp": "a", "se": end, "sig": value})


def whole_way(cleave, binary, work, functions, routes, program_environment, source, environment):
    """A proxy sends, a queue of somebody else's keeps, a function of the host takes: the program's
    trace and the function's."""
    spans = f"{work}/spans.jsonl"
    if os.path.exists(spans):
        os.remove(spans)
    host = hosting.Host(cleave, None, functions=functions,
                        arguments=["--source", f"note_click={source}", "--trace", spans],
                        environment=environment)
    program = Program(binary, work, routes, program_environment)
    expect("handed over", program.ask("click shoe 3"), "click errno 0")
    program.close()
    host.wait_for(lambda: any(event["function"] == "note_click" and event["status"] == "ok"
                              for event in host.events("invocation")), 60)
    deadline = time.monotonic() + 10
    while 'outcome="done"} 1' not in host.call("GET", "/metrics")[1]:
        expect("acknowledged", time.monotonic() < deadline, True)
        time.sleep(0.05)
    expect("the host's end", host.stop(), 0)
    with open(spans, encoding="utf-8") as text:
        found = [json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
                 for line in text]
    host.remove()
    return traces(program), [span["traceId"] for span in found if span["name"] == "note_click"]


def check_whole_way(cleave, binary, work, functions):
    """As far as the emulators are installed."""
    for kind in (emulators.Moto, emulators.Azurite, emulators.PubSub):
        if not kind.is_there():
            print(f"SKIP {kind.name}: not found")
            continue
        emulator = kind()
        try:
            if kind is emulators.Moto:
                _, url = emulator.queue("clicks")
                keys = dict(BARE, AWS_ACCESS_KEY_ID=emulator.keys[0],
                            AWS_SECRET_ACCESS_KEY=emulator.keys[1])
                routes = queue_settings("lambda", url)
                routes["targets"]["there"]["region"] = "us-east-1"
                ways = [routes, keys, f"sqs:{url}", keys]
            elif kind is emulators.Azurite:
                path = emulator.queue("clicks")
                address = f"{emulator.url}{path}/messages?{shared_access(path)}"
                ways = [queue_settings("azure", "env:CLICKS_QUEUE"), {"CLICKS_QUEUE": address},
                        f"azure:{emulator.url}{path}",
                        {"AZURE_STORAGE_ACCOUNT": emulators.ACCOUNT,
                         "AZURE_STORAGE_KEY": emulators.ACCOUNT_KEY}]
            else:
                path = emulator.subscription("clicks")
                routes = queue_settings(
                    "run", f"{emulator.url}/v1/projects/test/topics/clicks-topic:publish")
                routes["targets"]["there"]["auth"] = "none"
                ways = [routes, {}, f"pubsub:{emulator.url}{path}", {}]
            sent, taken = whole_way(cleave, binary, work, functions, *ways)
            expect(f"{kind.name}: messages", (len(sent), len(taken)), (1, 1))
            if kind is not emulators.Azurite:  # its queues have no place for a trace
                expect(f"{kind.name}: one trace", taken, sent)
            print(f"{kind.name}: from a proxy to a function")
        finally:
            emulator.stop()


def check(binary, work, standin):
    check_file(binary, work, standin)
    check_container(binary, work, standin)
    check_instance(binary, work, standin)
    check_publishing(binary, work, standin)
    check_azure_queue(binary, work, standin)
