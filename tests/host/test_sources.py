#!/usr/bin/python3
"""Functions fed from back ends, before strict stand-ins that also refuse, stall, close and answer
garbage. Nothing is acknowledged before its function has written it down, nothing is lost, no secret
is told.

usage: test_sources.py CLEAVE FUNCTIONS_BINARY
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import standins
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]
SECRET, TOKEN = "a/very+secret=key", "tok/en+with=signs"
AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET,
       "AWS_SESSION_TOKEN": TOKEN}
AZURE = {"AZURE_STORAGE_ACCOUNT": "acct", "AZURE_STORAGE_KEY": "c2VjcmV0IG9mIGF6dXJl",
         "AZURE_STORAGE_CONNECTION_STRING": ""}
PUBSUB = {"PUBSUB_ACCESS_TOKEN": "ya29.secret-of-google"}
MAIL = {"name": "mail", "trigger": "queue", "key": "mail", "timeout_s": 2, "max_deliveries": 3,
        "max_instances": 2}
KINDS = {
    "sqs": (standins.Sqs, {"AKIDEXAMPLE": (SECRET, TOKEN)}, AWS, "aws"),
    "azure": (standins.Azure, ("acct", AZURE["AZURE_STORAGE_KEY"]), AZURE, "azure"),
    "pubsub": (standins.PubSub, PUBSUB["PUBSUB_ACCESS_TOKEN"], PUBSUB, "gcp"),
}


def start(kind, standin, environment=None, **more):
    host = Host(CLEAVE, BINARY, [dict(MAIL, platform=KINDS[kind][3], **more)],
                ["--source", f"mail={kind}:{standin.public_url}{standin.path}"],
                environment=dict(KINDS[kind][2], **(environment or {})))

    def acknowledged(body):
        if f"mail {body} " not in "\n".join(host.noted()) + "\n":
            host.untold.append(body)

    host.untold = []
    standin.on_acknowledged = acknowledged
    return host


def bodies(host):
    return [" ".join(line.split(" ")[1:-1]) for line in host.noted()]


def finish(host, standin, kind):
    said = host.said()
    for value in (SECRET, TOKEN, AZURE["AZURE_STORAGE_KEY"], PUBSUB["PUBSUB_ACCESS_TOKEN"]):
        assert value not in said, said
    assert host.stop() == 0
    assert not host.untold, f"{kind}: acknowledged before it was processed: {host.untold}"
    host.remove()
    standin.stop()


def check_faults(kind):
    """Every request fails in every way at first."""
    make, keys, _, _ = KINDS[kind]
    standin = make(keys)
    ways = [(500, b"<html>no"), (503, b""), (200, b"\x00garbage"), (200, b"<a><b></a>"),
            (200, b"[1,2]"), (200, b'{"Messages":[{"Body":7}],"receivedMessages":[7]}'),
            (200, b"<QueueMessagesList><QueueMessage/></QueueMessagesList>"),
            (200, b"<html><body>welcome</body></html>"), "close", (429, b"")]
    turns = [1, 2, 3] + list(range(5, 5 + 2 * (len(ways) - 3), 2))  # three in a row, then every other
    receiving = ("ReceiveMessage", "GET", "pull")
    standin.fault = lambda action, n: ways[turns.index(n)] if n in turns and action in receiving \
        else None
    for i in range(6):
        standin.send(f"m{i} ü")
    host = start(kind, standin)
    host.wait_for(lambda: len(set(bodies(host))) == 6, 60)
    host.wait_for(lambda: standin.n_acknowledged == 6)
    host.wait_for(lambda: max(standin.n_requests.get(name, 0) for name in receiving) > turns[-1])
    assert sorted(bodies(host)) == [f"m{i} ü" for i in range(6)], host.noted()
    # Acknowledgements that fail are repeated; what cannot be acknowledged at all comes again.
    names = ("DeleteMessage", "DELETE", "acknowledge")
    first = {"at": sum(standin.n_requests.get(name, 0) for name in names)}
    standin.fault = lambda action, n: (ways[0], "close")[n % 2] if action in names and \
        n - first["at"] <= 3 else None
    standin.send("stubborn")
    host.wait_for(lambda: standin.n_acknowledged == 7, 60)
    assert bodies(host).count("stubborn") == 1, host.noted()
    standin.fault = lambda action, n: (403, b"") if action in names else None
    standin.send("twice")
    host.wait_for(lambda: "twice" in bodies(host))
    host.wait_for(lambda: "will come again" in host.said())
    standin.fault = lambda action, n: None
    standin.show_all()
    host.wait_for(lambda: not standin.messages, 60)
    assert bodies(host).count("twice") == 2, host.noted()
    problems = [event for event in host.events("instance") if "gives no messages" in event["detail"]]
    # Once for three in a row; a GET on a kept connection that is closed is sent again without a word.
    assert len(problems) == len(ways) - (3 if kind == "azure" else 2), problems
    assert not standin.refusals, standin.refusals
    finish(host, standin, kind)
    print(f"{kind}: {len(ways)} kinds of wrong answers, refused and lost acknowledgements")


def check_failures(kind):
    """What fails comes again, what always fails is put aside."""
    make, keys, _, _ = KINDS[kind]
    standin = make(keys)
    for body in ("a", "bad", "b"):
        standin.send(body)
    host = start(kind, standin)
    host.wait_for(lambda: sorted(bodies(host)) == ["a", "b"])
    if kind == "azure":
        host.wait_for(lambda: standin.poison == ["bad"], 60)
        host.wait_for(lambda: not standin.messages)
        host.untold.remove("bad")  # acknowledged after it was put aside
    else:
        # The back end decides what becomes of it; here it comes again, later each time.
        host.wait_for(lambda: standin.messages and standin.messages[0].n_deliveries >= 3, 60)
        assert [m.body for m in standin.messages] == ["bad"]
    assert sorted(bodies(host)) == ["a", "b"], host.noted()
    finish(host, standin, kind)
    print(f"{kind}: failures come again")


def check_wrong_keys(kind):
    make, keys, environment, _ = KINDS[kind]
    standin = make(keys)
    standin.send("never")
    wrong = {name: "d3Jvbmc=" for name in environment if "SECRET" in name or name.endswith("KEY") or
             "TOKEN" in name}
    host = start(kind, standin, wrong)
    host.wait_for(lambda: "status 403" in host.said())
    assert standin.refusals and bodies(host) == []
    finish(host, standin, kind)


def check_kills(kind, n_messages):
    """Hosts and functions killed at random moments, over a slow network that cuts connections; the
    back end has the last word."""
    make, keys, _, _ = KINDS[kind]
    standin, chance = make(keys), random.Random(7)
    relay = standins.Relay(int(standin.url.rsplit(":", 1)[1]), random.Random(8))
    standin.public_url = f"http://127.0.0.1:{relay.port}"
    names = [f"m{i}" for i in range(n_messages)]
    for name in names:
        standin.send(name)
    host = start(kind, standin, max_deliveries=1000)
    n_host_kills = n_function_kills = 0
    deadline = time.monotonic() + 240
    while standin.messages:
        assert time.monotonic() < deadline, f"{len(standin.messages)} left: {host.said()[-2000:]}"
        time.sleep(chance.uniform(0.05, 0.3))
        standin.show_all()  # what was cut off on its way would be hidden for half a minute
        if chance.random() < 0.15 and n_host_kills < 12:
            host.kill()
            host.start()
            n_host_kills += 1
            continue
        with open(f"/proc/{host.process.pid}/task/{host.process.pid}/children") as text:
            victims = [int(child) for child in text.read().split()]
        if victims and n_function_kills < 60:
            try:
                os.kill(chance.choice(victims), signal.SIGKILL)
                n_function_kills += 1
            except ProcessLookupError:
                pass
    done = bodies(host)
    assert set(done) == set(names) and standin.n_acknowledged == n_messages
    finish(host, standin, kind)
    relay.stop()
    print(f"{kind}: {n_messages} messages, {len(done) - n_messages} more than once, none lost; "
          f"{n_function_kills} functions and {n_host_kills} hosts killed, {relay.n_cut} connections cut")
    assert n_function_kills + n_host_kills > 0 and relay.n_cut > 0


def check_stall():
    """A back end that does not answer stops nothing else."""
    standin = standins.Sqs(KINDS["sqs"][1])
    standin.fault = lambda action, n: "stall"
    host = start("sqs", standin)
    host.wait_for(lambda: standin.n_requests.get("ReceiveMessage", 0) == 1)
    assert host.call("POST", "/queues/mail/messages?wait=true", "own")[0].status == 200
    finish(host, standin, "sqs")


def check_bucket():
    """Pages, odd keys, refusals; every object is told once, through the host's own queue."""
    standin = standins.S3(KINDS["sqs"][1])
    for i in range(5):
        standin.put(f"old{i}", b"x")
    standin.fault = lambda action, n: {1: (500, b""), 2: (200, b"<html>"), 3: "close",
                                       5: (503, b"")}.get(n)
    host = Host(CLEAVE, BINARY, [{"name": "thumb", "trigger": "object", "key": "images",
                                  "timeout_s": 5, "max_instances": 1}],
                ["--source", f"thumb=s3:{standin.url}/images"], environment=AWS)
    host.wait_for(lambda: "is watched" in host.said(), 60)
    assert host.noted() == [], host.noted()
    keys = ["a&b<c>.txt", "folder/", "later.txt", "plus+and space.txt", "ü/ö 100%.txt"]
    for key in keys:
        standin.put(key, key.encode())
    wanted = sorted(f"object images {key} {len(key.encode())}" for key in keys if key != "folder/")
    host.wait_for(lambda: sorted(host.noted()) == wanted, 60)
    standin.put("old3", b"changed")
    del standin.objects["old4"]
    host.wait_for(lambda: "object images old3 7" in host.noted(), 60)
    standin.put("old4", b"x")  # the same content, but made anew
    host.wait_for(lambda: "object images old4 1" in host.noted(), 60)
    assert len(host.noted()) == len(wanted) + 2, host.noted()
    assert not standin.refusals, standin.refusals
    assert SECRET not in host.said() and host.stop() == 0
    host.remove()
    standin.stop()
    print("s3: pages, odd names, refusals; every object told once")


def check_usage():
    """What is wrong is said at the start, without values."""
    cases = [(["nobody=sqs:http://127.0.0.1:1/q"], "no queue or object function", AWS),
             (["mail=ftp:http://127.0.0.1:1/q"], "does not begin with sqs:", AWS),
             (["mail=sqs:127.0.0.1/q"], "is no address", AWS),
             (["mail=sqs:http://user:word@127.0.0.1/q"], "is no address", AWS),
             (["mail=sqs:http://127.0.0.1:1/"], "names no queue", AWS),
             (["mail=s3:http://127.0.0.1:1/b"], "a bucket feeds object functions", AWS),
             (["mail=pubsub:http://127.0.0.1:1/v1/topics/t"], "subscriptions/NAME", {}),
             (["mail"], "does not begin with sqs:", AWS),
             (["mail=sqs:http://127.0.0.1:1/q"], "AWS_ACCESS_KEY_ID", {}),
             (["mail=azure:http://127.0.0.1:1/a/q"], "AZURE_STORAGE_ACCOUNT", {}),
             (["mail=azure:http://127.0.0.1:1/a/q"], "hold no account and key",
              dict(AZURE, AZURE_STORAGE_KEY="not base64 at all!"))]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/functions.json", "w") as out:
            out.write('{"version": 1, "functions": [{"name": "mail", "trigger": "queue", '
                      f'"key": "mail", "binary": "{os.path.abspath(BINARY)}"}}]}}')
        bare = {name: value for name, value in os.environ.items()
                if not name.startswith(("AWS_", "AZURE_"))}
        for sources, wanted, environment in cases:
            command = [CLEAVE, "host", folder, "--listen", "127.0.0.1:0"]
            for source in sources:
                command += ["--source", source]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                                  env=dict(bare, HOME=folder, **environment))
            assert done.returncode != 0 and wanted in done.stderr, (sources, done)
            assert SECRET not in done.stderr


def main():
    check_usage()
    check_stall()
    check_bucket()
    for kind in KINDS:
        check_faults(kind)
        check_failures(kind)
        check_wrong_keys(kind)
    for kind in KINDS:
        check_kills(kind, 120)


main()
