"""Starts the shop in a folder of its own, for tests and tools."""
import os
import re
import signal
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(HERE)
FIXED_TIME = 1795400000  # 2026-11-23
DAY = "2026-11-23"


class Shop:
    """A running server; used with "with". Its files go away with it."""

    def __init__(self, build, database_url=None, folder=None, **settings):
        self.build = build
        self.temporary = None
        if folder is None:
            self.temporary = tempfile.TemporaryDirectory(prefix="shop-")
            folder = self.temporary.name
        self.folder = folder
        for name in ("mail", "thumbs", "reports"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        self.database_url = database_url or "sqlite:" + os.path.join(folder, "shop.sqlite")
        self.environment = {"PATH": os.environ["PATH"],
                            "SHOP_PORT": "0", "SHOP_DATABASE_URL": self.database_url,
                            "SHOP_MAIL_DIR": os.path.join(folder, "mail"),
                            "SHOP_THUMBS_DIR": os.path.join(folder, "thumbs"),
                            "SHOP_REPORT_DIR": os.path.join(folder, "reports"),
                            "SHOP_STATIC_DIR": os.path.join(SOURCE, "static"),
                            "SHOP_ADMIN_TOKEN": "admin", "SHOP_SESSION_SEED": "test",
                            "SHOP_FIXED_TIME": str(FIXED_TIME)}
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.environment.update({"SHOP_" + key.upper(): str(value) for key, value in settings.items()})
        self.errors = ""

    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(self.build, "shop")], env=self.environment,
                                        cwd=self.folder, text=True,
                                        stdout=subprocess.PIPE, stderr=open(self.log(), "a"))
        line = self.process.stdout.readline()
        found = re.match(r"shop: listening on port (\d+)$", line)
        if not found:
            self.process.wait(20)
            self.read_log()
            raise RuntimeError(f"the shop did not start: {line!r}\n{self.errors}")
        self.port = int(found.group(1))
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        self.stop()
        if self.temporary:
            self.temporary.cleanup()

    def log(self):
        return os.path.join(self.folder, "shop.log")

    def read_log(self):
        with open(self.log(), encoding="utf-8", errors="replace") as file:
            self.errors = file.read()

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.read_log()
        return self.process.returncode

    def batch(self, *words):
        """Runs shop-batch on the same database: (exit code, stdout, stderr)."""
        done = subprocess.run([os.path.join(self.build, "shop-batch"), *words], env=self.environment,
                              cwd=self.folder, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr
