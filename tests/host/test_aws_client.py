#!/usr/bin/python3
"""AWS's own command line client invokes functions of the host, unchanged.

usage: test_aws_client.py CLEAVE FUNCTIONS_BINARY
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]
EVENT = {"version": "2.0", "routeKey": "GET /items/{id}", "rawPath": "/items/7",
         "rawQueryString": "n=3", "headers": {},
         "requestContext": {"http": {"method": "GET", "path": "/items/7"}}}


def aws(host, *arguments):
    environment = dict(os.environ, AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local",
                       AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
                       AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    run = subprocess.run(["aws", "--endpoint-url", f"http://127.0.0.1:{host.api}", "lambda",
                          "invoke", *arguments], env=environment, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def main():
    try:
        subprocess.run(["aws", "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("SKIP: the AWS command line client is not installed")
        sys.exit(77)
    folder = tempfile.mkdtemp(prefix="cleave-aws-")
    out = os.path.join(folder, "out.json")
    event = os.path.join(folder, "event.json")
    host = Host(CLEAVE, BINARY)
    try:
        with open(event, "w") as text:
            json.dump(EVENT, text)
        code, said = aws(host, "--function-name", "item", "--payload", f"fileb://{event}", out)
        assert code == 0, said
        assert json.loads(said)["StatusCode"] == 200, said
        with open(out) as text:
            answer = json.load(text)
        assert answer["statusCode"] == 201 and "id=7 n=3" in answer["body"], answer
        with open(event, "w") as text:
            json.dump(dict(EVENT, rawPath="/items/fail"), text)
        code, said = aws(host, "--function-name", "item", "--payload", f"fileb://{event}", out)
        assert json.loads(said)["FunctionError"] == "Handled", said
        code, said = aws(host, "--function-name", "item", "--invocation-type", "Event", "--payload",
                         f"fileb://{event}", out)
        assert json.loads(said)["StatusCode"] == 202, said
        code, said = aws(host, "--function-name", "nobody", out)
        assert code != 0 and "ResourceNotFoundException" in said, said
    finally:
        host.stop()
        host.remove()
        shutil.rmtree(folder)
    print("aws lambda invoke works unchanged")


main()
