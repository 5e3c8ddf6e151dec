"""What the open engines take, written down from their own sources, and whether descriptors keep to it:
- OpenWhisk: openwhisk-wskdeploy parsers/yamlparser.go, utils/validation.go (limits);
- Fission: fission crds/v1 and pkg/apis/core/v1/validation.go;
- OpenFaaS: openfaas/go-sdk stack/schema.go, docs.openfaas.com/reference/yaml.
A grammar is a type, or a dict of members ("!" behind a name: required; "*": any name), a list of one
grammar, or a function that judges."""
import glob
import os
import re
import sys

import yaml

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
GO_TIME = re.compile(r"(\d+(h|m|s|ms))+")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"]


def judge(value, grammar, where):
    """Complaints about VALUE."""
    if isinstance(grammar, dict):
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        known = {name.rstrip("!"): rule for name, rule in grammar.items()}
        found = [f"{where}: {name[:-1]} is missing" for name in grammar
                 if name.endswith("!") and name[:-1] not in value]
        for name, member in value.items():
            if name not in known and "*" not in known:
                found.append(f"{where}: unknown member {name}")
            else:
                found += judge(member, known.get(name, known.get("*")), f"{where}.{name}")
        return found
    if isinstance(grammar, list):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [one for i, member in enumerate(value)
                for one in judge(member, grammar[0], f"{where}[{i}]")]
    if isinstance(grammar, type):
        is_right = isinstance(value, grammar) and (grammar is bool or not isinstance(value, bool))
        return [] if is_right else [f"{where}: {value!r} is no {grammar.__name__}"]
    return [] if grammar(value) else [f"{where}: {value!r} is not allowed"]


def one_of(*values):
    return lambda value: value in values


def between(low, high):
    return lambda value: isinstance(value, int) and low <= value <= high


def matches(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


PARAMETERS = {"*": lambda value: isinstance(value, (str, int, bool, dict, list))}
WHISK = {"packages!": {"*": {
    "version": str, "license": str,
    "actions": {"*": {
        "docker!": str, "web": one_of("raw", "true", "false", "yes", "no"), "main": str,
        "limits": {"timeout": between(100, 300000), "memorySize": between(128, 512),
                   "logSize": between(0, 10)},
        "inputs": {"*": {"type": one_of("string"), "value!": matches(re.compile(r"\$[A-Za-z_]\w*"))}},
        "annotations": {"require-whisk-auth": bool, "final": bool}}},
    "triggers": {"*": {"feed": str, "inputs": PARAMETERS}},
    "rules": {"*": {"trigger!": str, "action!": str}}}}}
REFERENCE = {"type!": one_of("name"), "name!": matches(LABEL)}
CONTAINER = {
    "name!": matches(LABEL), "image!": str,
    "ports": [{"name": matches(LABEL), "containerPort!": between(1, 65535)}],
    "env": [{"name!": str, "value": str,
             "valueFrom": {"secretKeyRef!": {"name!": matches(LABEL), "key!": str}}}],
    "resources": {"limits": {"cpu": str, "memory": str}, "requests": {"cpu": str, "memory": str}},
    "readinessProbe": {"httpGet": {"path": str, "port": int}, "periodSeconds": int},
    "securityContext": {"allowPrivilegeEscalation": bool, "runAsNonRoot": bool}}
FISSION = {
    "Function": {
        "environment!": {"namespace!": str, "name": matches(LABEL)},
        "package!": {"packageref": {"namespace": str, "name": matches(LABEL)}},
        "InvokeStrategy!": {
            "StrategyType": one_of("execution"),
            "ExecutionStrategy": {
                "ExecutorType": one_of("container"), "MinScale": between(0, 1000),
                "MaxScale!": between(1, 10000), "TargetCPUPercent": between(0, 100),
                "SpecializationTimeout": between(120, 3600)}},
        "functionTimeout": between(1, 86400), "resources": {},
        # A pod of a container function may not name its account or share the host.
        "podspec!": {"containers!": [CONTAINER], "automountServiceAccountToken": bool}},
    "HTTPTrigger": {
        "relativeurl": lambda value: value.startswith("/") and value != "/" and ".." not in value,
        "prefix": lambda value: value.startswith("/") and value != "/" and ".." not in value,
        "keepPrefix": bool, "methods": [one_of(*METHODS)], "functionref!": REFERENCE,
        "createingress": bool},
    "TimeTrigger": {"cron!": lambda value: len(value.split()) == 5, "functionref!": REFERENCE},
    "MessageQueueTrigger": {
        "functionref!": REFERENCE, "mqtkind": one_of("keda", "fission"),
        "messageQueueType": one_of("kafka", "aws-sqs-queue", "rabbitmq", "redis", "nats-jetstream"),
        "topic!": str, "respTopic": str, "errorTopic": str, "maxRetries": between(0, 1000),
        "contentType": str, "minReplicaCount": between(0, 1000),
        "maxReplicaCount": between(1, 10000), "metadata": {"*": str}}}
OPENFAAS = {
    "version": one_of("1.0"),
    "provider!": {"name!": one_of("openfaas"), "gateway": str},
    "functions!": {"*": {
        "lang!": one_of("dockerfile"), "handler!": str, "image!": str, "environment": {"*": str},
        "secrets": [matches(LABEL)], "labels": {"*": str}, "annotations": {"*": str},
        "limits": {"memory": str, "cpu": str}, "requests": {"memory": str, "cpu": str},
        "readonly_root_filesystem": bool}}}


def load(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return yaml.safe_load(text), text


def must(what, is_true):
    if not is_true:
        sys.exit(what)


def complain(complaints):
    if complaints:
        sys.exit("\n".join(complaints[:20]))


def plain(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def of_spec(specs):
    return {spec["name"]: spec for spec in specs}


def wanted_secrets(spec):
    return {plain(name) for name in spec["secrets"]}


def check_openwhisk(out, specs):
    manifest, text = load(f"{out}/openwhisk/manifest.yaml")
    complain(judge(manifest, WHISK, "manifest"))
    package = manifest["packages"]["functions"]
    must(f"actions {sorted(package['actions'])}", set(package["actions"]) == set(of_spec(specs)))
    for name, spec in of_spec(specs).items():
        action = package["actions"][name]
        limits = action["limits"]
        is_http = spec["trigger"] == "http"
        must(f"{name}: limits {limits}", limits == {
            "timeout": min(300, spec["timeout_s"]) * 1000,
            "memorySize": min(512, max(128, spec["memory_mb"]))})
        must(f"{name}: image", action["docker"].endswith("/" + plain(spec["binary"])))
        must(f"{name}: web", ("web" in action) == is_http)
        is_open = not action.get("annotations", {}).get("require-whisk-auth", False)
        must(f"{name}: callers", not is_http or is_open == bool(spec.get("public")))
        must(f"{name}: variables", set(action.get("inputs", {})) == set(
            spec["environment"]) | set(spec["secrets"]))
        is_fired = spec["trigger"] not in ("http", "direct")
        must(f"{name}: rule", (name in package.get("rules", {})) == is_fired)
        if not is_fired:
            continue
        must(f"{name}: rule", package["rules"][name] == {"trigger": name, "action": name})
        trigger = package["triggers"][name]
        if spec["trigger"] == "schedule":
            must(f"{name}: {trigger}", trigger["feed"] == "/whisk.system/alarms/alarm" and
                 len(trigger["inputs"]["cron"].split()) == 5)
        elif spec["trigger"] == "object":
            must(f"{name}: {trigger}", "feed" not in trigger and
                 "no source of its own for objects" in text)
        else:
            must(f"{name}: {trigger}", trigger["inputs"]["topic"] == plain(spec["key"]))
    must("that nothing is tried again is not said",
         "does not try again" in text or not package.get("rules"))


def check_fission(out, specs):
    objects, texts = {}, ""
    for path in sorted(glob.glob(f"{out}/fission/*.yaml")):
        one, text = load(path)
        texts += text
        must(f"{path}: {one.get('apiVersion')} {one.get('kind')}",
             one.get("apiVersion") == "fission.io/v1" and one.get("kind") in FISSION)
        must(f"{path}: members", set(one) == {"apiVersion", "kind", "metadata", "spec"})
        must(f"{path}: name", LABEL.fullmatch(one["metadata"]["name"]))
        complain(judge(one["spec"], FISSION[one["kind"]], path))
        must(f"{path}: twice", (one["kind"], one["metadata"]["name"]) not in objects)
        objects[one["kind"], one["metadata"]["name"]] = one["spec"]
    kinds = {"http": "HTTPTrigger", "schedule": "TimeTrigger", "queue": "MessageQueueTrigger",
             "stream": "MessageQueueTrigger"}
    for spec in specs:
        name, service = plain(spec["name"]), plain(spec["binary"])
        function = objects["Function", service]
        container = function["podspec"]["containers"][0]
        memory = int(container["resources"]["limits"]["memory"].removesuffix("Mi"))
        must(f"{name}: {memory} MB", memory >= spec["memory_mb"])
        must(f"{name}: timeout", function["functionTimeout"] >= spec["timeout_s"])
        must(f"{name}: scale", function["InvokeStrategy"]["ExecutionStrategy"]["MaxScale"] >=
             spec["concurrency"])
        secrets = {item["valueFrom"]["secretKeyRef"]["name"] for item in container["env"]
                   if "valueFrom" in item}
        must(f"{name}: secrets {secrets}", wanted_secrets(spec) <= secrets)
        kind = kinds.get(spec["trigger"])
        trigger = objects.get((kind, name))
        must(f"{name}: trigger", (trigger is not None) == (kind is not None))
        if trigger:
            must(f"{name}: target", trigger["functionref"]["name"] == service)
        if kind == "MessageQueueTrigger":
            must(f"{name}: topics", (trigger["topic"], trigger["errorTopic"]) == (
                plain(spec["key"]), plain(spec["dead_letter"])))
            must(f"{name}: retries", trigger["maxRetries"] == spec["retries"])
        must("that there is no trigger is not said",
             spec["trigger"] != "object" or "has no trigger for objects" in texts)


def check_openfaas(out, specs):
    stack, text = load(f"{out}/openfaas/stack.yaml")
    complain(judge(stack, OPENFAAS, "stack"))
    entries = stack["functions"]
    for spec in specs:
        name = plain(spec["name"])
        entry = entries.get(name) or entries[plain(spec["binary"])]
        own = entry["environment"]
        must(f"{name}: platform", own["CLEAVE_PLATFORM"] == "openfaas")
        for limit in ("exec_timeout", "read_timeout", "write_timeout"):
            must(f"{name}: {limit}", GO_TIME.fullmatch(own[limit]) and
                 int(own[limit].removesuffix("s")) >= spec["timeout_s"])
        must(f"{name}: memory", int(entry["limits"]["memory"].removesuffix("Mi")) >=
             spec["memory_mb"])
        must(f"{name}: scale", int(entry["labels"]["com.openfaas.scale.max"]) >= spec["concurrency"])
        must(f"{name}: secrets", wanted_secrets(spec) <= set(entry.get("secrets", [])))
        must(f"{name}: a secret is no variable", not set(spec["secrets"]) & set(own))
        must(f"{name}: folder", os.path.normpath(entry["handler"]) ==
             f"../build/package/{spec['binary']}")
        told = entry.get("annotations", {})
        if spec["trigger"] == "schedule":
            must(f"{name}: {told}", told["topic"] == "cron-function" and
                 len(told["schedule"].split()) == 5)
        elif spec["trigger"] in ("queue", "stream"):
            must(f"{name}: {told}", told == {"topic": plain(spec["key"])})
        else:
            must(f"{name}: {told}", not told)
        must("that there is no trigger is not said",
             spec["trigger"] != "object" or "has no trigger for objects" in text)
        must("that everybody may call is not said",
             spec["trigger"] != "http" or spec.get("public") or "lets everybody call" in text)


def check_that_grammars_refuse():
    """A grammar that takes everything says nothing."""
    good = {"version": "1.0", "provider": {"name": "openfaas"}, "functions": {"f": {
        "lang": "dockerfile", "handler": "x", "image": "y"}}}
    must("a good stack is refused", not judge(good, OPENFAAS, "s"))
    for change in ({"functions": {"f": {"lang": "dockerfile", "handler": "x"}}},
                   {"provider": {"name": "other"}}, {"function": {}},
                   {"functions": {"f": {**good["functions"]["f"], "secrets": ["A_B"]}}},
                   {"functions": {"f": {**good["functions"]["f"], "environment": {"a": 1}}}}):
        must(f"{change} is taken", judge({**good, **change}, OPENFAAS, "s"))
    trigger = {"relativeurl": "/x", "functionref": {"type": "name", "name": "f"}}
    must("a good trigger is refused", not judge(trigger, FISSION["HTTPTrigger"], "t"))
    for change in ({"relativeurl": "/"}, {"methods": ["ANY"]}, {"functionref": {"name": "f"}}):
        must(f"{change} is taken", judge({**trigger, **change}, FISSION["HTTPTrigger"], "t"))


def check(out, specs):
    check_that_grammars_refuse()
    check_openwhisk(out, specs)
    check_fission(out, specs)
    check_openfaas(out, specs)
