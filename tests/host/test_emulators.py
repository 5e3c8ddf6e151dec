#!/usr/bin/python3
"""Functions fed from emulators of other people: moto's and fauxqs' SQS and S3, s3rver, azurite's
queues, the Pub/Sub emulator by pull and by push. Those that are not installed are named and left out.

usage: test_emulators.py CLEAVE FUNCTIONS_BINARY
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import emulators
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
MAIL = {"name": "mail", "trigger": "queue", "key": "mail", "timeout_s": 5, "max_deliveries": 2}
THUMB = {"name": "thumb", "trigger": "object", "key": "images", "timeout_s": 5}


def keys_of(emulator):
    return {"AWS_ACCESS_KEY_ID": emulator.keys[0], "AWS_SECRET_ACCESS_KEY": emulator.keys[1],
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


def processed(host):
    """Bodies that the consumer wrote down -> traces."""
    lines = [line.split(" ") for line in host.noted() if line.startswith("mail ")]
    return {" ".join(parts[1:-1]): parts[-1].split("-")[1] for parts in lines}


def outcomes(host):
    text = host.call("GET", "/metrics")[1]
    return {line.split('outcome="')[1].split('"')[0]: int(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line.startswith("cleave_source_messages_total{")}


def finish(host):
    secret = host.environment.get("AWS_SECRET_ACCESS_KEY") or host.environment.get(
        "AZURE_STORAGE_KEY")
    said = host.said()
    assert secret is None or secret == "S3RVER" or secret not in said, said
    assert host.stop() == 0
    host.remove()


def check_sqs(emulator):
    _, dead = emulator.queue("dead")
    _, url = emulator.queue("mail", dead)
    attributes = {"traceparent": {"DataType": "String", "StringValue": PARENT}}
    emulator.sqs("SendMessage", QueueUrl=url, MessageBody="traced ü", MessageAttributes=attributes)
    entries = [{"Id": str(i), "MessageBody": "bad" if i == 4 else f"m{i}"} for i in range(10)]
    emulator.sqs("SendMessageBatch", QueueUrl=url, Entries=entries)
    host = Host(CLEAVE, BINARY, [MAIL], ["--source", f"mail=sqs:{url}"],
                environment=dict(keys_of(emulator), AWS_ENDPOINT_URL_SQS=emulator.url))
    wanted = {"traced ü"} | {f"m{i}" for i in range(10) if i != 4}
    host.wait_for(lambda: set(processed(host)) == wanted and outcomes(host)["failed"] == 2, 60)
    host.wait_for(lambda: emulator.n_messages(url) == 0 and emulator.n_messages(dead) == 1, 60)
    host.wait_for(lambda: outcomes(host)["done"] == 10)
    # Others of its batch were processed once: the failure was its own alone.
    assert len(host.noted()) == 10, host.noted()
    traces = processed(host)
    assert traces.pop("traced ü") == TRACE and TRACE not in traces.values()
    # What is sent while the host runs comes without a pause: the request waits for it.
    emulator.sqs("SendMessage", QueueUrl=url, MessageBody="late")
    host.wait_for(lambda: "late" in processed(host))
    finish(host)
    print(f"{emulator.name}: 11 messages, one of them bad: {outcomes_text(10, 2)}")


def outcomes_text(n_done, n_failed):
    return f"{n_done} acknowledged, {n_failed} failures given back, then dead"


def check_s3(emulator, has_buckets):
    if not has_buckets:
        emulator.signed("PUT", "/images", b"", "s3")
    emulator.put("images", "old.txt", b"there before")
    arguments = ["--source", f"thumb=s3:{emulator.url}/images"]
    host = Host(CLEAVE, BINARY, [THUMB], arguments, environment=keys_of(emulator))
    host.wait_for(lambda: any("is watched" in event["detail"] for event in host.events("instance")))
    emulator.put("images", "new ü+1.txt", b"123")
    emulator.put("images", "later.txt", b"1234")  # fails at first
    emulator.put("images", "a/b.txt", b"x")
    first = ["object images a/b.txt 1", "object images later.txt 4", "object images new ü+1.txt 3"]
    host.wait_for(lambda: sorted(host.noted()) == first, 60)
    host.kill()
    emulator.put("images", "old.txt", b"changed")  # while no host runs
    host.start()
    host.wait_for(lambda: sorted(host.noted()) == sorted(first + ["object images old.txt 7"]), 60)
    finish(host)
    print(f"{emulator.name}: objects are told once, also those that came while no host ran")


def check_notifications(emulator):
    """S3 tells an SQS queue, the host is fed from that. A bucket and a queue per host: a request for
    messages that outlives its host takes one more, which is hidden for a while then."""
    for platform in ("aws", "gcp"):
        emulator.signed("PUT", f"/told-{platform}", b"", "s3")
        _, url = emulator.queue(f"told-{platform}")
        arn = emulator.attributes(url)["QueueArn"]
        emulator.signed("PUT", f"/told-{platform}?notification=", (
            "<NotificationConfiguration><QueueConfiguration>"
            f"<Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event>"
            "</QueueConfiguration></NotificationConfiguration>").encode(), "s3")
        host = Host(CLEAVE, BINARY, [dict(THUMB, platform=platform)],
                    ["--source", f"thumb=sqs:{url}"],
                    environment=dict(keys_of(emulator), AWS_ENDPOINT_URL_SQS=emulator.url))
        emulator.put(f"told-{platform}", "a b+ü.txt", b"12345")
        host.wait_for(lambda: host.noted() == [f"object told-{platform} a b+ü.txt 5"], 60)
        host.wait_for(lambda: emulator.n_messages(url) == 0)
        finish(host)
    print(f"{emulator.name}: S3's events through SQS")


def check_azure(emulator):
    environment = {"AZURE_STORAGE_ACCOUNT": emulators.ACCOUNT,
                   "AZURE_STORAGE_KEY": emulators.ACCOUNT_KEY,
                   "AZURE_STORAGE_CONNECTION_STRING": ""}
    path = emulator.queue("mail")
    for platform in ("azure", "aws"):
        for i in range(9):
            emulator.send(path, f"m{i} ü".encode())
        emulator.send(path, b"bad")
        emulator.send(path, "no <base64> & ü".encode(), is_text=True)
        host = Host(CLEAVE, BINARY, [dict(MAIL, platform=platform)],
                    ["--source", f"mail=azure:{emulator.url}{path}"], environment=environment)
        wanted = {f"m{i} ü" for i in range(9)} | {"no <base64> & ü"}
        host.wait_for(lambda: set(processed(host)) == wanted, 60)
        host.wait_for(lambda: emulator.n_messages(path) == 0)
        # As the platform's own host does it.
        n_dead = 1 if platform == "azure" else 2
        host.wait_for(lambda: emulator.texts(path + "-poison") == ["bad"] * n_dead)
        assert len(host.noted()) == 10, host.noted()
        finish(host)
    connection = (f"DefaultEndpointsProtocol=http;AccountName={emulators.ACCOUNT};"
                  f"AccountKey={emulators.ACCOUNT_KEY};QueueEndpoint={emulator.url}")
    host = Host(CLEAVE, BINARY, [MAIL], ["--source", f"mail=azure:{emulator.url}{path}"],
                environment={"AZURE_STORAGE_CONNECTION_STRING": connection})
    emulator.send(path, b"by connection string")
    host.wait_for(lambda: "by connection string" in processed(host))
    finish(host)
    host = Host(CLEAVE, BINARY, [MAIL], ["--source", f"mail=azure:{emulator.url}{path}"],
                environment=dict(environment, AZURE_STORAGE_KEY="bm90IHRoZSBrZXk="))
    host.wait_for(lambda: "status 403" in host.said())
    finish(host)
    print("azurite: messages, poison queue, connection string, a wrong key")


def check_pull(emulator):
    for platform in ("gcp", "aws"):
        name = f"mail-{platform}"
        path = emulator.subscription(name)
        host = Host(CLEAVE, BINARY, [dict(MAIL, platform=platform)],
                    ["--source", f"mail=pubsub:{emulator.url}{path}"])
        emulator.publish(name, "traced ü".encode(), traceparent=PARENT)
        for i in range(5):
            emulator.publish(name, f"m{i}".encode())
        emulator.publish(name, b"bad")
        host.wait_for(lambda: len(processed(host)) == 6 and outcomes(host)["failed"] >= 2, 60)
        assert processed(host)["traced ü"] == TRACE
        host.wait_for(lambda: outcomes(host)["done"] == 6)
        finish(host)
    print("Pub/Sub emulator: pulled messages, on both kinds of function")


def check_push(emulator):
    """The emulator pushes to the host: kept first, and handed through."""
    host = Host(CLEAVE, BINARY, [dict(MAIL, platform="gcp"),
                                 {"name": "item", "trigger": "http", "key": "POST /items/:id",
                                  "platform": "gcp"}])
    push = f"http://127.0.0.1:{host.api}/queues/mail/push"
    emulator.subscription("kept", pushConfig={"pushEndpoint": push})
    emulator.publish("kept", "kept ü".encode(), traceparent=PARENT)
    host.wait_for(lambda: processed(host).get("kept ü") == TRACE, 60)
    emulator.subscription("through", pushConfig={"pushEndpoint": push + "?wait=true"})
    emulator.publish("through", b"through", traceparent=PARENT)
    host.wait_for(lambda: processed(host).get("through") == TRACE, 60)
    # What fails is sent again by the emulator.
    emulator.publish("through", b"bad")

    def n_failed():
        return len([event for event in host.events("invocation") if event["status"] == "error"])

    host.wait_for(lambda: n_failed() >= 2, 60)
    figures = json.loads(host.call("GET", "/queues/mail")[1])
    assert figures["visible"] + figures["out"] + figures["dead"] == 0, figures
    # The front takes a push like any request, as Cloud Run does: the whole body is the function's.
    emulator.subscription("front", pushConfig={
        "pushEndpoint": f"http://127.0.0.1:{host.port}/items/7"})
    emulator.publish("front", b"to the front")
    host.wait_for(lambda: any(event["function"] == "item" and event["status"] == "ok"
                              for event in host.events("invocation")), 60)
    finish(host)
    print("Pub/Sub emulator: pushes, kept and handed through, failures sent again, and to the front")


CHECKS = [(emulators.Moto, [check_sqs, lambda e: check_s3(e, False), check_notifications]),
          (emulators.Fauxqs, [check_sqs, lambda e: check_s3(e, False)]),
          (emulators.S3rver, [lambda e: check_s3(e, True)]),
          (emulators.Azurite, [check_azure]),
          (emulators.PubSub, [check_pull, check_push])]


def main():
    n_found = 0
    for kind, checks in CHECKS:
        if not kind.is_there():
            print(f"SKIP {kind.name}: not found")
            continue
        n_found += 1
        emulator = kind()
        try:
            for check in checks:
                check(emulator)
        finally:
            emulator.stop()
    if n_found < len(CHECKS):
        print(f"SKIP: {len(CHECKS) - n_found} of {len(CHECKS)} emulators are not installed")
    if n_found == 0:
        sys.exit(77)


main()
