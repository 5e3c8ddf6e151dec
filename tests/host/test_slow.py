#!/usr/bin/python3
"""Peers that send a request a byte at a time are let go in time, and others are served meanwhile.

usage: test_slow.py CLEAVE FUNCTIONS_BINARY
"""
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]
N_PEERS, LIMIT = 300, 30  # seconds that docs/host.md states
STARTS = [b"GET /items/1 HTTP/1.1\r\nX-Slow: ",
          b"POST /items/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"GE", b"\r\n"]


def main():
    host = Host(CLEAVE, BINARY)
    begun = time.monotonic()
    peers = [socket.create_connection(("127.0.0.1", host.port)) for _ in range(N_PEERS)]
    kinds = {peer: STARTS[number % len(STARTS)] for number, peer in enumerate(peers)}
    for peer in peers:
        peer.sendall(kinds[peer])
    ends, slowest = [], 0
    while peers and time.monotonic() - begun < 3 * LIMIT:
        time.sleep(0.5)
        asked = time.monotonic()
        assert host.ask("GET", "/items/1")[0].status == 201
        slowest = max(slowest, time.monotonic() - asked)
        for peer in select.select(peers, [], [], 0)[0]:
            answer = peer.recv(1000)
            assert answer == b"" or answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400")), answer
            ends.append(time.monotonic() - begun)
            peers.remove(peer)
            peer.close()
        for peer in peers:
            try:
                peer.send(kinds[peer] if kinds[peer] == b"\r\n" else b"a")
            except OSError:
                pass  # the next look finds it closed
    assert host.stop() == 0
    host.remove()
    print(f"{len(ends)} of {N_PEERS} slow peers let go after {min(ends):.0f} to {max(ends):.0f} s; "
          f"others waited {slowest:.2f} s at most")
    assert len(ends) == N_PEERS and max(ends) < LIMIT + 20


main()
