#!/usr/bin/env python3
"""What is generated for the platforms, judged by the platforms' own validators where they are."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f


def check(name, *command, cwd=None, environment=None):
    if not shutil.which(command[0]):
        print(f"SKIP {name}: {command[0]}: not found")
        return 0
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True,
                          env=dict(os.environ, **(environment or {})))
    if done.returncode != 0:
        sys.exit(f"{name} complains:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    print(f"{name}: nothing to complain about")
    return 1


def terraform_plugins():
    folder = os.environ.get("CLEAVE_TERRAFORM_PLUGINS", "")
    places = [folder] if folder else glob.glob("/opt/*plugins*") + glob.glob("/usr/share/terraform*")
    for place in places:
        if glob.glob(f"{place}/**/terraform-provider-aws_v*", recursive=True):
            return place
    return None


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    n_checked = 0
    with tempfile.TemporaryDirectory() as work:
        build, store, out = f"{work}/build", f"{work}/cleave.db", f"{work}/functions"
        f.run("cmake", "-G", "Ninja", "-S", f"{top}/samples/shop", "-B", build,
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", build, "--root", f"{top}/samples/shop", "--db", store)
        f.run(cleave, "split", "--db", store)
        command = [cleave, "generate", "--db", store, "--platform", "aws,gcp,azure,knative", "-o"]
        f.run(*command, out)
        f.run(*command, f"{work}/again")
        if subprocess.run(["diff", "-r", out, f"{work}/again"]).returncode != 0:
            sys.exit("the same store gave different files")
        for path in glob.glob(f"{out}/**/*.json", recursive=True):
            with open(path, encoding="utf-8") as file:
                json.load(file)
        n_checked += check("cfn-lint", "cfn-lint", f"{out}/aws/template.yaml")
        quiet = {"TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"}
        for cloud in ("aws", "google", "azure"):
            n_checked += check(f"terraform fmt, {cloud}", "terraform", "fmt", "-check",
                               f"{out}/terraform-{cloud}", environment=quiet)
        plugins = terraform_plugins()
        if plugins and shutil.which("terraform"):
            folder = f"{out}/terraform-aws"
            check("terraform init", "terraform", "init", "-backend=false",
                  f"-plugin-dir={plugins}", cwd=folder, environment=quiet)
            n_checked += check("terraform validate, aws", "terraform", "validate", cwd=folder,
                               environment=quiet)
        else:
            print("SKIP terraform validate: the AWS provider is not found")
    if n_checked == 0:
        f.skip("no validator is installed; the files were only compared and parsed")


main()
