#!/usr/bin/python3
"""No acknowledged message is lost and none is reported done that is not, whoever is killed.

Senders send messages while functions and the host itself are killed at random moments. In the end
everything that was acknowledged was processed, and the queue is empty. One sender waits for its
messages to be processed, in a queue of its own: what it is told to be done has been written down by
then.

usage: test_queue_kills.py CLEAVE FUNCTIONS_BINARY [MESSAGES [SEED]]
"""
import http.client
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]
N_MESSAGES = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
N_SENDERS = 4


class Sender(threading.Thread):
    """Sends its share; a message without an acknowledgement is sent again under another name."""

    def __init__(self, host, number):
        super().__init__(daemon=True)
        self.host, self.number = host, number
        self.acknowledged, self.n_failures = [], 0
        self.is_waiting = number == 0
        self.n_wanted = N_MESSAGES // 20 if self.is_waiting else \
            (N_MESSAGES - N_MESSAGES // 20 + N_SENDERS - 2) // (N_SENDERS - 1)
        self.not_done = []  # said to be, but nobody had written it down

    def run(self):
        connection, port, tries = None, None, 0
        while len(self.acknowledged) < self.n_wanted:
            name = f"m{self.number}-{len(self.acknowledged)}-{tries}"
            try:
                if connection is None or port != self.host.api:
                    port = self.host.api
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("POST", "/queues/post/messages?wait=true" if self.is_waiting else
                                   "/queues/mail/messages", name)
                response = connection.getresponse()
                response.read()
                if response.status == (200 if self.is_waiting else 202):
                    self.acknowledged.append(name)
                    if self.is_waiting and not was_noted(self.host, name):
                        self.not_done.append(name)
                    continue
            except (OSError, http.client.HTTPException, TypeError):
                pass
            tries += 1
            self.n_failures += 1
            connection = None
            time.sleep(0.01)


def was_noted(host, name):
    """Looks at the end of what the functions wrote down, where it must stand since a moment ago."""
    with open(host.notes, "rb") as text:
        text.seek(max(0, os.path.getsize(host.notes) - 100000))
        return f"mail {name} ".encode() in text.read()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as text:
        return [int(child) for child in text.read().split()]


def main():
    chance = random.Random(SEED)
    functions = [{"name": name, "trigger": "queue", "key": name, "max_deliveries": 1000,
                  "max_instances": n, "timeout_s": 5} for name, n in (("mail", 4), ("post", 1))]
    host = Host(CLEAVE, BINARY, functions)
    senders = [Sender(host, number) for number in range(N_SENDERS)]
    for sender in senders:
        sender.start()
    n_function_kills = n_host_kills = 0
    while any(sender.is_alive() for sender in senders):
        time.sleep(chance.uniform(0.02, 0.25))
        if (n_function_kills + 1) % 6 == 0 and n_host_kills < n_function_kills // 5:
            host.kill()
            host.api = None
            host.start()
            n_host_kills += 1
            continue
        victims = children(host.process.pid)
        if victims:
            try:
                os.kill(chance.choice(victims), signal.SIGKILL)
                n_function_kills += 1
            except ProcessLookupError:
                pass

    def figures():
        return [json.loads(host.call("GET", f"/queues/{name}")[1]) for name in ("mail", "post")]

    def is_empty():
        # One look each: between two, a message can change from one state to the other.
        return sum(now["visible"] + now["out"] for now in figures()) == 0

    host.wait_for(is_empty, 120)
    acknowledged = [name for sender in senders for name in sender.acknowledged]
    notes = [line.split()[1] for line in host.noted() if line.startswith("mail ")]
    processed = set(notes)
    lost = [name for name in acknowledged if name not in processed]
    dead = sum(now["dead"] for now in figures())
    print(f"{len(acknowledged)} acknowledged, {len(processed)} processed, "
          f"{len(notes) - len(processed)} more than once, {len(lost)} lost, {dead} dead letters; "
          f"{n_function_kills} functions and {n_host_kills} hosts killed, "
          f"{sum(sender.n_failures for sender in senders)} sends failed")
    assert host.stop() == 0
    host.remove()
    assert len(acknowledged) >= N_MESSAGES
    assert not lost, lost[:10]
    assert not senders[0].not_done, senders[0].not_done[:10]
    assert dead == 0
    assert n_function_kills >= 5 and n_host_kills >= 1


main()
