"""What the scripts of this folder share: the pipeline, and a Runtime API for one process."""
import http.server
import json
import os
import queue
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

SKIP = 77


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(SKIP)


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            skip(f"{tool}: not found")


def run(*command, cwd=None, codes=(0,)):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n"
                 f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def generate_and_build(cleave, source, work, functions, platforms="aws", settings=(),
                       contracts=None, build_settings=()):
    """Configures SOURCE, analyses it, generates FUNCTIONS and builds them; the project's folder."""
    build, store, out = f"{work}/build", f"{work}/cleave.db", f"{work}/functions"
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        *settings)
    run(cleave, "analyze", build, "--root", source, "--db", store)
    run(cleave, "split", "--db", store)
    run(cleave, "generate", "--db", store, "--platform", platforms, "-o", out,
        *(["--contracts", contracts] if contracts else []),
        *(f"--function={name}" for name in functions))
    run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build", *build_settings)
    built = run("cmake", "--build", f"{out}/build", "-j", "2")
    if "warning:" in built.stdout:
        sys.exit(f"the generated project has warnings:\n{built.stdout[-4000:]}")
    return out


class Function:
    """One bootstrap with a Runtime API in front: invoke(event) gives (kind, reply)."""

    def __init__(self, binary, environment=None, cwd=None):
        self.events, self.replies, outer = queue.Queue(), queue.Queue(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments):
                pass

            def answer(self, status, body, headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                event = outer.events.get()
                if event is None:
                    self.close_connection = True
                    return
                self.answer(200, event, [("Lambda-Runtime-Aws-Request-Id", "r1"),
                                         ("Lambda-Runtime-Deadline-Ms", "99999999999999")])

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.replies.put((self.path.rsplit("/", 1)[1], body))
                self.answer(202, b'{"status":"OK"}')

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        api = f"127.0.0.1:{self.server.server_port}"
        self.process = subprocess.Popen(
            [binary], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, AWS_LAMBDA_RUNTIME_API=api, **(environment or {})))

    def invoke(self, event):
        self.events.put(event if isinstance(event, bytes) else json.dumps(event).encode())
        kind, body = self.replies.get(timeout=30)
        return kind, json.loads(body)

    def close(self):
        self.events.put(None)
        self.process.terminate()
        code = self.process.wait(20)
        self.server.shutdown()
        return code
