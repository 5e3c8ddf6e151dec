#!/usr/bin/env python3
"""The platforms' own descriptors and Terraform say the same of every function: memory, time-out,
concurrency, retries, dead letters, triggers, who may call, permissions, secrets. Each is read for
itself; both must agree with function.yaml. And no value of a secret stands in any generated file."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f
import triggers

try:
    import yaml
except ImportError:
    f.skip("no YAML reader is installed (Debian package python3-yaml)")
import engines

PLATFORMS = ["aws", "gcp", "azure", "knative", "openwhisk", "fission", "openfaas"]
CANARY = "canary-7d1e54"


def plain(name):
    """A name without what platforms do not allow in names."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file) if path.endswith(".yaml") else json.load(file)


def same(what, one, other):
    if one != other:
        sys.exit(f"{what} differ:\n  {one}\n  {other}")


def resource_in(text, *types):
    """The label that a reference in TEXT has behind one of the types."""
    found = re.search(rf"\b(?:{'|'.join(types)})\.([A-Za-z0-9_]+)", text)
    return found and found.group(1)


class Sam:
    """template.yaml, function by function."""

    def __init__(self, path):
        self.all = load(path)["Resources"]
        auth = self.all.get("Api", {}).get("Properties", {}).get("Auth", {})
        if "Api" in self.all and auth.get("DefaultAuthorizer") != "AWS_IAM":
            sys.exit(f"callers need no credentials: {auth}")

    def name(self, reference, kind):
        target = reference.get("Fn::GetAtt", [None])[0] or reference.get("Ref")
        return target.removesuffix(kind)

    def statements(self, role):
        rights = set()
        for policy in self.all[role]["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                resource = statement["Resource"]
                if "Fn::Sub" in resource:
                    where = re.search(r":::(.*?)-\$", resource["Fn::Sub"]).group(1)
                else:
                    where = resource["Fn::GetAtt"][0]
                    where = re.sub("(Queue|Stream|Log|Function)$", "", where)
                rights |= {(action, where.lower().replace("-", "")) for action in
                           statement["Action"]}
        return rights

    def dead(self, config):
        return self.name(config["OnFailure"]["Destination"], "Queue").lower() if config else ""

    def event(self, kind, event):
        if kind == "HttpApi":
            open_to_all = event.get("Auth", {}).get("Authorizer") == "NONE"
            return ("http", f"{event['Method']} {event['Path']}", open_to_all)
        if kind == "SQS":
            queue = self.all[self.name(event["Queue"], "")]["Properties"]
            redrive = queue.get("RedrivePolicy", {})
            return ("queue", self.name(event["Queue"], "Queue").lower(),
                    redrive.get("maxReceiveCount", 0),
                    self.name(redrive["deadLetterTargetArn"], "Queue").lower() if redrive else "",
                    queue["VisibilityTimeout"], tuple(event["FunctionResponseTypes"]),
                    event["ScalingConfig"]["MaximumConcurrency"], event["BatchSize"])
        if kind == "Kinesis":
            return ("stream", self.name(event["Stream"], "Stream").lower(),
                    event["MaximumRetryAttempts"], self.dead(event.get("DestinationConfig")),
                    tuple(event["FunctionResponseTypes"]), event["BisectBatchOnFunctionError"])
        if kind == "ScheduleV2":
            role = self.name(event["RoleArn"], "")
            dead = event.get("DeadLetterConfig")
            return ("schedule", event["ScheduleExpression"], event["Input"],
                    event["RetryPolicy"]["MaximumRetryAttempts"],
                    self.name(dead["Arn"], "Queue").lower() if dead else "",
                    frozenset(self.statements(role)))
        return ("object", self.name(event["Bucket"], "Bucket").lower(), event["Events"])

    def functions(self):
        told = {}
        for name, resource in self.all.items():
            if resource["Type"] != "AWS::Serverless::Function":
                continue
            own = resource["Properties"]
            later = own.get("EventInvokeConfig", {})
            variables = own.get("Environment", {}).get("Variables", {})
            secrets = {key for key, value in variables.items()
                       if isinstance(value, str) and "resolve:secretsmanager" in value}
            told[name.removesuffix("Function").lower()] = {
                "memory": own["MemorySize"], "timeout": own["Timeout"],
                "reserved": own.get("ReservedConcurrentExecutions"),
                "later": (later.get("MaximumRetryAttempts"),
                          self.dead(later.get("DestinationConfig"))),
                "events": {self.event(event["Type"], event["Properties"])
                           for event in own.get("Events", {}).values()},
                "rights": self.statements(self.name(own["Role"], "")),
                "variables": set(variables), "secrets": secrets}
        return told


class TerraformAws:
    """terraform-aws, function by function, in the same words."""

    def __init__(self, path):
        self.all = load(path)["resource"]

    def of(self, kind):
        return self.all.get(kind, {})

    def statements(self, label):
        rights = set()
        for statement in json.loads(self.of("aws_iam_role_policy")[label]["policy"])["Statement"]:
            where = resource_in(statement["Resource"], "aws_sqs_queue", "aws_kinesis_stream",
                                "aws_s3_bucket", "aws_cloudwatch_log_group", "aws_lambda_function")
            rights |= {(action, where.lower().replace("_", "")) for action in statement["Action"]}
        return rights

    def dead(self, text):
        return (resource_in(text, "aws_sqs_queue") or "").lower().replace("_", "")

    def events(self, label):
        mine = f"aws_lambda_function.{label}."
        for name, one in self.of("aws_apigatewayv2_integration").items():
            if mine in one["integration_uri"]:
                route = self.of("aws_apigatewayv2_route")[name]
                yield ("http", route["route_key"], route["authorization_type"] == "NONE")
        for one in self.of("aws_lambda_event_source_mapping").values():
            if mine not in one["function_name"]:
                continue
            source = one["event_source_arn"]
            answers = tuple(one["function_response_types"])
            if "aws_sqs_queue" in source:
                label_of = resource_in(source, "aws_sqs_queue")
                queue = self.of("aws_sqs_queue")[label_of]
                redrive = queue.get("redrive_policy", "")
                tries = re.search(r"maxReceiveCount = (\d+)", redrive)
                yield ("queue", label_of.lower().replace("_", ""),
                       int(tries.group(1)) if tries else 0, self.dead(redrive),
                       queue["visibility_timeout_seconds"], answers,
                       one["scaling_config"]["maximum_concurrency"], one["batch_size"])
            else:
                dead = one.get("destination_config", {}).get("on_failure", {})
                yield ("stream", self.dead(source) or
                       resource_in(source, "aws_kinesis_stream").lower().replace("_", ""),
                       one["maximum_retry_attempts"], self.dead(dead.get("destination_arn", "")),
                       answers, one["bisect_batch_on_function_error"])
        for one in self.of("aws_scheduler_schedule").values():
            target = one["target"]
            if mine in target["arn"]:
                role = resource_in(target["role_arn"], "aws_iam_role")
                yield ("schedule", one["schedule_expression"], target["input"],
                       target["retry_policy"]["maximum_retry_attempts"],
                       self.dead(target.get("dead_letter_config", {}).get("arn", "")),
                       frozenset(self.statements(role)))
        for one in self.of("aws_s3_bucket_notification").values():
            if mine in one["lambda_function"]["lambda_function_arn"]:
                bucket = resource_in(one["bucket"], "aws_s3_bucket")
                yield ("object", bucket.lower().replace("_", ""),
                       one["lambda_function"]["events"][0])

    def functions(self):
        told = {}
        for label, own in self.of("aws_lambda_function").items():
            later = self.of("aws_lambda_function_event_invoke_config").get(label, {})
            dead = later.get("destination_config", {}).get("on_failure", {})
            variables = own.get("environment", {}).get("variables", {})
            told[label.lower().replace("_", "")] = {
                "memory": own["memory_size"], "timeout": own["timeout"],
                "reserved": own.get("reserved_concurrent_executions"),
                "later": (later.get("maximum_retry_attempts"),
                          self.dead(dead.get("destination", ""))),
                "events": set(self.events(label)),
                "rights": self.statements(resource_in(own["role"], "aws_iam_role")),
                "variables": set(variables),
                "secrets": {key for key, value in variables.items() if "secretsmanager" in value}}
        return told


def google_files(out):
    told = {}
    for name in os.listdir(f"{out}/gcp"):
        service = load(f"{out}/gcp/{name}")
        template = service["spec"]["template"]
        own = template["spec"]
        container = own["containers"][0]
        told[service["metadata"]["name"]] = {
            "memory": container["resources"]["limits"]["memory"],
            "timeout": own["timeoutSeconds"], "at once": own["containerConcurrency"],
            "most": int(template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"]),
            "account": own["serviceAccountName"].split("@")[0],
            "variables": {one["name"] for one in container.get("env", [])},
            "secrets": {(one["name"], one["valueFrom"]["secretKeyRef"]["name"])
                        for one in container.get("env", []) if "valueFrom" in one}}
    return told


def google_terraform(out):
    told, all_of = {}, load(f"{out}/terraform-google/main.tf.json")["resource"]
    for own in all_of["google_cloud_run_v2_service"].values():
        template = own["template"]
        container = template["containers"][0]
        account = resource_in(template["service_account"], "google_service_account")
        told[own["name"]] = {
            "memory": container["resources"]["limits"]["memory"],
            "timeout": int(template["timeout"].removesuffix("s")),
            "at once": template["max_instance_request_concurrency"],
            "most": template["scaling"]["max_instance_count"],
            "account": all_of["google_service_account"][account]["account_id"],
            "variables": {one["name"] for one in container.get("env", [])},
            "secrets": {(one["name"], one["value_source"]["secret_key_ref"]["secret"])
                        for one in container.get("env", []) if "value_source" in one}}
    return told


def check_google(out, specs):
    same("Google's service files and Terraform", google_files(out), google_terraform(out))
    all_of = load(f"{out}/terraform-google/main.tf.json")["resource"]
    for spec in specs:
        symbol = re.sub(r"[^A-Za-z0-9]", "_", spec["name"])
        pushed = all_of.get("google_pubsub_subscription", {}).get(symbol)
        if spec["trigger"] in ("http", "direct"):
            if pushed:
                sys.exit(f"{spec['name']} is pushed to, and nothing wakes it")
            continue
        dead = pushed.get("dead_letter_policy", {})
        topic = resource_in(dead.get("dead_letter_topic", ""), "google_pubsub_topic")
        same(f"tries of {spec['name']}", dead["max_delivery_attempts"],
             max(5, spec["retries"] + 1))
        same(f"dead letter of {spec['name']}", all_of["google_pubsub_topic"][topic]["name"],
             plain(spec["dead_letter"]))
        waiting = [one for one in all_of["google_pubsub_subscription"].values()
                   if f"google_pubsub_topic.{topic}." in one["topic"]]
        if not waiting:
            sys.exit(f"nothing keeps what comes to {topic}")
    for spec in specs:
        label = re.sub(r"[^A-Za-z0-9]", "_", spec["binary"])
        readers = {one["secret_id"] for one in
                   all_of.get("google_secret_manager_secret_iam_member", {}).values()
                   if f"google_service_account.{label}." in one["member"]
                   and one["role"] == "roles/secretmanager.secretAccessor"}
        if not {plain(name) for name in spec["secrets"]} <= readers:
            sys.exit(f"{spec['name']} may not read its secrets: {readers}")


def check_azure(out, specs):
    terraform = load(f"{out}/terraform-azure/main.tf.json")["resource"]
    scopes = [(one["principal_id"], one["role_definition_name"], one["scope"])
              for one in terraform["azurerm_role_assignment"].values()]
    for spec in specs:
        host = load(f"{out}/azure/{spec['binary']}/host.json")
        function = load(f"{out}/azure/{spec['binary']}/{spec['name']}/function.json")
        label = re.sub(r"[^A-Za-z0-9]", "_", spec["binary"])
        app = terraform["azurerm_linux_function_app"][label]
        rights = {(role, scope) for principal, role, scope in scopes if f".{label}." in principal}
        if app["site_config"]["app_scale_limit"] < spec["concurrency"]:
            sys.exit(f"{spec['name']}: fewer instances than function.yaml says")
        limit = host["functionTimeout"].split(":")
        seconds = int(limit[0]) * 3600 + int(limit[1]) * 60 + int(limit[2])
        if seconds < min(600, spec["timeout_s"]):
            sys.exit(f"{spec['name']}: {seconds} seconds")
        binding = function["bindings"][0]
        wanted = {("Storage Blob Data Owner", "${azurerm_storage_account.functions.id}")}
        if not wanted <= rights:
            sys.exit(f"{spec['name']}: the host may not write: {rights}")
        for name in spec["secrets"]:
            if ("Key Vault Secrets User",
                    f"${{var.vault_id}}/secrets/{plain(name)}") not in rights:
                sys.exit(f"{spec['name']} may not read {name}: {rights}")
        symbol = re.sub(r"[^A-Za-z0-9]", "_", spec["name"])
        if spec["trigger"] == "queue":
            same(f"tries of {spec['name']}", host["extensions"]["queues"]["maxDequeueCount"],
                 spec["retries"] + 1)
            queues = {one["name"] for one in terraform["azurerm_storage_queue"].values()}
            if not {binding["queueName"], f"{binding['queueName']}-poison"} <= queues:
                sys.exit(f"{spec['name']}: no such queues: {queues}")
        elif spec["trigger"] == "object":
            same(f"tries of {spec['name']}", host["extensions"]["blobs"]["poisonBlobThreshold"],
                 spec["retries"] + 1)
            same(f"container of {spec['name']}", binding["path"].split("/")[0],
                 terraform["azurerm_storage_container"][symbol]["name"])
        elif spec["trigger"] in ("schedule", "stream"):
            same(f"retries of {spec['name']}", function["retry"]["maxRetryCount"], spec["retries"])
        if spec["trigger"] == "stream":
            same(f"hub of {spec['name']}", binding["eventHubName"],
                 terraform["azurerm_eventhub"][symbol]["name"])
        if spec["trigger"] == "http" and not spec.get("public"):
            same(f"callers of {spec['name']}", binding["authLevel"], "function")


def check_knative(out, specs):
    for spec in specs:
        path = f"{out}/knative/{spec['name']}.trigger.yaml"
        if spec["trigger"] in ("http", "direct"):
            if os.path.exists(path):
                sys.exit(f"{spec['name']} has a trigger")
            continue
        delivery = load(path)["spec"]["delivery"]
        same(f"retries of {spec['name']}", delivery["retry"], spec["retries"])
        sink = delivery["deadLetterSink"]["ref"]["name"]
        same(f"dead letter of {spec['name']}", sink, plain(spec["dead_letter"]))
        same("its broker", load(f"{out}/knative/{sink}.broker.yaml")["metadata"]["name"], sink)
        if spec["trigger"] == "schedule":
            timer = load(f"{out}/knative/{spec['name']}.source.yaml")["spec"]
            attributes = load(path)["spec"]["filter"]["attributes"]
            same("how a timer is told", timer["ceOverrides"]["extensions"], attributes)


def check_aws(out, specs):
    sam, terraform = (Sam(f"{out}/aws/template.yaml").functions(),
                      TerraformAws(f"{out}/terraform-aws/main.tf.json").functions())
    same("functions", sorted(sam), sorted(terraform))
    for name, told in sam.items():
        for key, value in told.items():
            same(f"{key} of {name}", value, terraform[name][key])
    for spec in specs:
        told = sam[spec["binary"].replace("-", "").lower()]
        if told["memory"] < spec["memory_mb"] or told["timeout"] < min(900, spec["timeout_s"]):
            sys.exit(f"{spec['name']}: smaller than function.yaml says: {told}")
        if told["secrets"] < set(spec["secrets"]):
            sys.exit(f"{spec['name']}: secrets {told['secrets']}")
        wide = [right for right in told["rights"] if "*" in right[0] or not right[1]]
        if wide:
            sys.exit(f"{spec['name']} may do too much: {wide}")
    return sum(len(told["rights"]) for told in sam.values())


def specs_of(out):
    specs = []
    binaries = {one["name"]: one["binary"].split("/")[-2]
                for one in load(f"{out}/functions.json")["functions"]}
    for name in os.listdir(f"{out}/functions"):
        path = f"{out}/functions/{name}/function.yaml"
        if os.path.exists(path):
            spec = load(path)
            spec["binary"] = binaries.get(spec["name"], name)
            specs.append(spec)
    for spec in specs:
        with open(f"{out}/functions/{spec['name']}/function.yaml", encoding="utf-8") as file:
            text = file.read()
        for key in ("memory_mb", "timeout_s", "concurrency", "retries", "dead_letter"):
            if not re.search(rf"^# \S.*\n{key}:", text, re.M):
                sys.exit(f"{spec['name']}: no reason stands above {key}")
    return specs


def check_secrets(out):
    """What the analysed machine knows as a secret, and what looks like one, stands nowhere."""
    for folder, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                if CANARY.encode() in file.read():
                    sys.exit(f"the value of a secret stands in {folder}/{name}")


def check(out):
    specs = specs_of(out)
    n = check_aws(out, specs)
    check_google(out, specs)
    check_azure(out, specs)
    check_knative(out, specs)
    engines.check(out, specs)
    check_secrets(out)
    return len(specs), n


def shares_connections(specs):
    """Every instance holds a connection: together they must fit the server."""
    capped = {spec["binary"]: spec["concurrency"] for spec in specs
              if "pq" in spec["libraries"]}
    if not capped or sum(capped.values()) > 97:
        sys.exit(f"{sum(capped.values())} instances want a connection: {capped}")
    return len(capped), sum(capped.values())


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    shop = f"{os.environ['CLEAVE_SOURCE_DIR']}/samples/shop"
    os.environ["STORE_TOKEN"] = os.environ["SHOP_ADMIN_TOKEN"] = CANARY
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        triggers.generate(cleave, PLATFORMS)
        told = Sam("out/aws/template.yaml").functions()
        rights = told["onupload"]["rights"]
        if ("s3:GetObject", "uploads") not in rights or told["onupload"]["secrets"] != {
                "STORE_TOKEN"} or any("s3:" in action for action, _ in told["onjob"]["rights"]):
            sys.exit(f"rights of a function that fetches objects: {rights}")
        n, n_rights = check("out")
        print(f"triggers: {n} functions, {n_rights} rights")
        f.run("cmake", "-G", "Ninja", "-S", shop, "-B", "shop", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", "shop", "--root", shop, "--db", "shop.db")
        f.run(cleave, "split", "--db", "shop.db")
        f.run(cleave, "generate", "--db", "shop.db", "-o", "shop-out", "--platform",
              ",".join(PLATFORMS))
        n, n_rights = check("shop-out")
        n_binaries, n_instances = shares_connections(specs_of("shop-out"))
        print(f"shop: {n} functions, {n_rights} rights; {n_binaries} binaries with a database "
              f"share its connections: {n_instances} instances at most")


main()
