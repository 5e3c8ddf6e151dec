"""Schemas that others wrote, from npm packages, as judges of generated descriptors:

- @aws-cdk/cfnspec: the resource specification of CloudFormation and SAM;
- @cdktf/provider-aws, -google, -azurerm: the providers' own schemas, as Terraform tells them;
- @kubernetes-models/knative: the CRDs of Knative (with node).

Their folder: CLEAVE_NODE_MODULES, else build/npm/node_modules. Each missing one is None."""
import functools
import json
import os
import shutil
import subprocess

# What SAM has learned since the last cfnspec (2.72.1, 2023-02), by the developer guide's pages
# sam-resource-function, sam-property-function-sqs, -kinesis and -schedulev2.
NEWER = {"AWS::Serverless::Function": {"LoggingConfig"},
         "AWS::Serverless::Function.SQSEvent": {"ScalingConfig", "FunctionResponseTypes"},
         "AWS::Serverless::Function.KinesisEvent": {
             "MaximumRetryAttempts", "BisectBatchOnFunctionError", "DestinationConfig",
             "FunctionResponseTypes"},
         "AWS::Serverless::HttpApi.HttpApiAuth": {"EnableIamAuthorizer"}}
OPTIONAL = {("AWS::Serverless::Function.EventInvokeDestinationConfig", "OnSuccess")}
EVENT_TYPES = {"SQS": "SQSEvent", "S3": "S3Event", "Kinesis": "KinesisEvent",
               "HttpApi": "HttpApiEvent"}
META = {"depends_on", "lifecycle", "count", "for_each", "provider", "//"}
PRIMITIVES = {"String": str, "Integer": int, "Long": int, "Double": (int, float), "Boolean": bool,
              "Json": (dict, str), "Timestamp": str}


def folder():
    named = os.environ.get("CLEAVE_NODE_MODULES", "")
    built = os.path.join(os.environ.get("CLEAVE_SOURCE_DIR", "."), "build/npm/node_modules")
    return named or built


@functools.lru_cache
def read(path):
    path = os.path.join(folder(), path)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class CloudFormation:
    def __init__(self, specification):
        self.resources = specification["ResourceTypes"]
        self.properties = specification["PropertyTypes"]
        self.complaints = []
        self.n = 0

    def value(self, kind, rule, value, where):
        self.n += 1
        is_function = isinstance(value, dict) and len(value) == 1 and (
            "Ref" in value or next(iter(value)).startswith("Fn::"))
        if is_function:
            return
        if rule.get("Type") == "List":
            if not isinstance(value, list):
                self.complaints.append(f"{where}: no list")
                return
            item = ({"PrimitiveType": rule["PrimitiveItemType"]} if "PrimitiveItemType" in rule
                    else {"Type": rule["ItemType"]} if "ItemType" in rule else {})
            for one in value:
                self.value(kind, item, one, where)
        elif rule.get("Type") == "Map" or "Types" in rule or "ItemTypes" in rule:
            pass
        elif "Type" in rule:
            name = f"{kind}.{rule['Type']}"
            if name in self.properties:
                self.members(name, self.properties[name].get("Properties", {}), kind, value, where)
        elif "PrimitiveType" in rule and "PrimitiveTypes" not in rule:
            if not isinstance(value, PRIMITIVES[rule["PrimitiveType"]]):
                self.complaints.append(f"{where}: no {rule['PrimitiveType']}: {value!r}")

    def members(self, name, rules, kind, value, where):
        if not isinstance(value, dict):
            return
        for key in value.keys() - rules.keys() - NEWER.get(name, set()):
            self.complaints.append(f"{where}.{key}: not known to {name}")
        for key, rule in rules.items():
            if key in value:
                self.value(kind, rule, value[key], f"{where}.{key}")
            elif rule.get("Required") and (name, key) not in OPTIONAL:
                self.complaints.append(f"{where}: {key} is missing")

    def template(self, template):
        for name, resource in template["Resources"].items():
            kind = resource["Type"]
            if kind not in self.resources:
                self.complaints.append(f"{name}: no resource type {kind}")
                continue
            own = resource.get("Properties", {})
            self.members(kind, self.resources[kind]["Properties"], kind, own, name)
            if kind != "AWS::Serverless::Function":
                continue
            for event_name, event in own.get("Events", {}).items():
                type_name = f"{kind}.{EVENT_TYPES.get(event['Type'], '')}"
                if type_name in self.properties:
                    self.members(type_name, self.properties[type_name]["Properties"], kind,
                                 event["Properties"], f"{name}.{event_name}")
        return self.complaints


def cloudformation(template):
    """(complaints, number of values compared), or None."""
    specification = read("@aws-cdk/cfnspec/spec/specification.json")
    if not specification:
        return None
    judge = CloudFormation(specification)
    return judge.template(template), judge.n


def bare(name):
    return name.replace("_", "").lower()


class Terraform:
    def __init__(self, assembly):
        self.types = assembly["types"]
        self.configs = {name.split(".")[1].lower(): name for name in self.types
                        if name.endswith("Config") and name.count(".") == 2 and
                        name.split(".")[2].lower() == f"{name.split('.')[1]}Config".lower()}
        self.complaints = []
        self.n = 0

    def struct_of(self, kind):
        """The struct that a property's type means, or None."""
        if "fqn" in kind:
            found = self.types.get(kind["fqn"])
            return found if found and found["kind"] == "interface" else None
        if "collection" in kind and kind["collection"]["kind"] == "array":
            return self.struct_of(kind["collection"]["elementtype"])
        for one in kind.get("union", {}).get("types", []):
            found = self.struct_of(one)
            if found:
                return found
        return None

    def primitive_of(self, kind):
        if "primitive" in kind:
            return {kind["primitive"]}
        found = set()
        for one in kind.get("union", {}).get("types", []):
            found |= self.primitive_of(one)
        return found

    def block(self, struct, body, where):
        rules = {bare(rule["name"]): rule for rule in struct.get("properties", [])}
        for key, value in body.items():
            self.n += 1
            if key in META:
                continue
            rule = rules.get(bare(key))
            if not rule:
                self.complaints.append(f"{where}.{key}: not known")
                continue
            inner = self.struct_of(rule["type"])
            for one in value if isinstance(value, list) else [value]:
                if inner and isinstance(one, dict):
                    self.block(inner, one, f"{where}.{key}")
                elif isinstance(one, bool) or isinstance(one, (int, float)):
                    allowed = self.primitive_of(rule["type"])
                    if allowed and not allowed & {"boolean" if isinstance(one, bool) else "number",
                                                  "string", "any"}:
                        self.complaints.append(f"{where}.{key}: {one!r} is no {allowed}")
        given = {bare(key) for key in body}
        for name, rule in rules.items():
            if not rule.get("optional") and name not in given:
                self.complaints.append(f"{where}: {rule['name']} is missing")

    def document(self, document, provider):
        for section, prefix in (("resource", ""), ("data", "data" + provider)):
            for kind, all_of in document.get(section, {}).items():
                name = bare(prefix + kind.removeprefix(provider.split("-")[0] + "_"))
                config = self.configs.get(name)
                if not config:
                    self.complaints.append(f"{kind}: no such {section}")
                    continue
                for label, body in all_of.items():
                    self.block(self.types[config], body, f"{kind}.{label}")
        return self.complaints


def terraform(provider, document):
    """(complaints, number of arguments compared), or None. PROVIDER: aws, google, azurerm."""
    assembly = read(f"@cdktf/provider-{provider}/.jsii")
    if not assembly:
        return None
    judge = Terraform(assembly)
    return judge.document(document, provider), judge.n


KNATIVE = """
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.argv[2] + '/x.js');
const complaints = [];
for (const one of JSON.parse(readFileSync(0))) {
  const kinds = require(`@kubernetes-models/knative/${one.apiVersion}/${one.kind}`);
  try {
    new kinds[one.kind](one).validate();
  } catch (error) {
    complaints.push(`${one.kind} ${one.metadata.name}: ${error.message}`);
  }
}
console.log(JSON.stringify(complaints));
"""


def knative(objects):
    """(complaints, number of objects), or None."""
    if not shutil.which("node") or not os.path.isdir(f"{folder()}/@kubernetes-models/knative"):
        return None
    done = subprocess.run(["node", "--input-type=module", "-e", KNATIVE, "x",
                           os.path.abspath(folder())],
                          input=json.dumps(objects), capture_output=True, text=True)
    if done.returncode != 0:
        return [done.stderr[-2000:]], 0
    return json.loads(done.stdout), len(objects)
