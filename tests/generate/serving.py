"""Programs that listen on a port, as tests start and end them."""
import http.client
import os
import subprocess
import sys
import tempfile
import time


class Server:
    """Listens once it is made. Its input stays open: some programs end with it."""

    def __init__(self, command, port, environment=None, folder=None):
        self.port, self.said = port, tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=self.said, cwd=folder,
                                        env={**os.environ, **(environment or {})})
        for _ in range(400):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{command}: does not listen")

    def end(self):
        """(exit code, what it said on standard error)"""
        self.process.terminate()
        code = self.process.wait(30)
        self.said.seek(0)
        return code, self.said.read().decode(errors="replace")
