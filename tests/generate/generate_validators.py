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
import schemas
import triggers

try:
    import yaml
except ImportError:
    yaml = None


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


def judge(name, verdict):
    """What a schema of others says: nothing to complain about, or the end."""
    if verdict is None:
        print(f"SKIP {name}: the npm package is not in {schemas.folder()}")
        return 0
    complaints, n = verdict
    if complaints or n == 0:
        sys.exit(f"{name} complains ({n} values compared):\n" + "\n".join(complaints[:20]))
    print(f"{name}: {n} values compared, nothing to complain about")
    return 1


def must_complain(name, verdict):
    if verdict is not None and not verdict[0]:
        sys.exit(f"{name} takes anything")


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) if path.endswith(".yaml") else json.load(file)


def check_schemas(out):
    """The npm packages that hold the platforms' own schemas, and that each of them does judge."""
    if not yaml:
        print("SKIP schemas: no YAML reader (Debian package python3-yaml)")
        return 0
    template = load(f"{out}/aws/template.yaml")
    n = judge("CloudFormation's specification", schemas.cloudformation(template))
    for resource in template["Resources"].values():
        resource.get("Properties", {})["NoSuchProperty"] = 1
    must_complain("CloudFormation's specification", schemas.cloudformation(template))
    for folder, provider in (("aws", "aws"), ("google", "google"), ("azure", "azurerm")):
        document = load(f"{out}/terraform-{folder}/main.tf.json")
        n += judge(f"the schema of Terraform's provider {provider}",
                   schemas.terraform(provider, document))
        next(iter(next(iter(document["resource"].values())).values()))["no_such"] = 1
        must_complain(f"provider {provider}", schemas.terraform(provider, document))
    objects = [load(path) for pattern in ("knative/*.yaml", "gcp/*.yaml")
               for path in sorted(glob.glob(f"{out}/{pattern}"))]
    n += judge("Knative's CRDs", schemas.knative(objects))
    service = next(one for one in objects if one["kind"] == "Service")
    service["spec"]["template"]["spec"]["containers"] = "none"
    must_complain("Knative's CRDs", schemas.knative([service]))
    return n


def check_tools(out):
    """The platforms' own validators."""
    n = check("cfn-lint", "cfn-lint", f"{out}/aws/template.yaml")
    quiet = {"TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"}
    for cloud in ("aws", "google", "azure"):
        n += check(f"terraform fmt, {cloud}", "terraform", "fmt", "-check",
                   f"{out}/terraform-{cloud}", environment=quiet)
    plugins = terraform_plugins()
    if plugins and shutil.which("terraform"):
        folder = f"{out}/terraform-aws"
        check("terraform init", "terraform", "init", "-backend=false", f"-plugin-dir={plugins}",
              cwd=folder, environment=quiet)
        n += check("terraform validate, aws", "terraform", "validate", cwd=folder,
                   environment=quiet)
    else:
        print("SKIP terraform validate: the AWS provider is not found")
    return n


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
        n_checked += check_schemas(out)
        os.mkdir(f"{work}/triggers")
        os.chdir(f"{work}/triggers")
        triggers.generate(cleave, ["aws", "gcp", "azure", "knative"])
        n_checked += check_schemas("out")
        n_checked += check_tools(out) + check_tools(os.path.abspath("out"))
    if n_checked == 0:
        f.skip("no validator is installed; the files were only compared and parsed")


main()
