"""Ports for servers that tests start."""
import random
import socket


def free_port():
    """A port of loopback that nothing listens on, below those that the kernel hands to outgoing
    connections: one of these, of a test beside, could take it before the server does."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as page:
        end = max(int(page.read().split()[0]), 20000)
    while True:
        port = random.randrange(10000, end)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
