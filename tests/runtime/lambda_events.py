#!/usr/bin/python3
"""What the runtime makes of the events of Lambda's triggers, and what it answers them."""
import base64
import json
import os
import sys
import unittest

from harness import Function, failures, http_v2, sqs


class Http(unittest.TestCase):
    def test_version_2(self):
        with Function("http") as function:
            event = http_v2(path="/price/a%20b", query="n=2&n=3&x=%C3%A9+", body="aGk=", base64=True,
                            cookies=["s=1", "t=2"])
            reply = function.invoke(event).json()
            self.assertEqual((reply["statusCode"], reply["isBase64Encoded"]), (200, False))
            self.assertEqual(reply["cookies"], ["s=2; Path=/", "t=3"])
            self.assertEqual(reply["headers"]["X-Tag"], "a")
            seen = json.loads(reply["body"])
            self.assertEqual(seen["path"], "/price/a b")
            self.assertEqual(seen["parameters"], [["sku", "a b"]])
            self.assertEqual(seen["query"], [["n", "2"], ["n", "3"], ["x", "é "]])
            self.assertEqual(seen["cookies"], [["s", "1"], ["t", "2"]])
            self.assertIn(["cookie", "s=1; t=2"], seen["headers"])
            self.assertEqual((seen["body"], seen["ip"], seen["method"]), ("hi", "192.0.2.7", "POST"))

    def test_stage_is_no_part_of_the_path(self):
        with Function("http") as function:
            event = http_v2(path="/prod/price/a1", stage="prod")
            seen = json.loads(function.invoke(event).json()["body"])
            self.assertEqual((seen["path"], seen["parameters"]), ("/price/a1", [["sku", "a1"]]))

    def test_version_1(self):
        with Function("http") as function:
            event = {"resource": "/price/{sku}", "path": "/price/a1", "httpMethod": "GET",
                     "headers": {"X-A": "2"}, "multiValueHeaders": {"X-A": ["1", "2"]},
                     "multiValueQueryStringParameters": {"n": ["2", "ü&"]},
                     "pathParameters": {"sku": "a1"}, "body": None, "isBase64Encoded": False,
                     "requestContext": {"identity": {"sourceIp": "192.0.2.9"},
                                        "protocol": "HTTP/1.1", "stage": "prod"}}
            reply = function.invoke(event).json()
            self.assertEqual(reply["multiValueHeaders"], {"Set-Cookie": ["s=2; Path=/", "t=3"]})
            self.assertNotIn("cookies", reply)
            seen = json.loads(reply["body"])
            self.assertEqual(seen["headers"], [["X-A", "1"], ["X-A", "2"]])
            self.assertEqual(seen["query"], [["n", "2"], ["n", "ü&"]])
            self.assertEqual(seen["query_string"], "n=2&n=%C3%BC%26")
            self.assertEqual(seen["ip"], "192.0.2.9")

    def test_binary_reply(self):
        with Function("http") as function:
            reply = function.invoke(http_v2(query="body=binary")).json()
            self.assertTrue(reply["isBase64Encoded"])
            self.assertEqual(base64.b64decode(reply["body"]), b"\0\1\2\xff")
            self.assertEqual(reply["headers"]["content-type"], "application/octet-stream")
            payload = bytes(range(256)) * 7
            reply = function.invoke(http_v2(query="body=echo", base64=True,
                                            body=base64.b64encode(payload).decode())).json()
            self.assertEqual(base64.b64decode(reply["body"]), payload)

    def test_empty_reply_has_a_status(self):
        with Function("http") as function:
            reply = function.invoke(http_v2(query="body=none&status=204")).json()
            self.assertEqual((reply["statusCode"], reply["body"]), (204, ""))

    def test_callers_mistake_is_answered(self):
        with Function("http") as function:
            reply = function.invoke(http_v2(query="do=refuse")).json()
            self.assertEqual(reply["statusCode"], 422)
            self.assertEqual(json.loads(reply["body"])["errorType"], "Function.Unfit")
            self.assertEqual(function.invoke(http_v2(path="/other")).json()["statusCode"], 404)
            self.assertEqual(function.invoke(http_v2(path="/price/a%00b")).json()["statusCode"], 400)
            self.assertEqual(function.invoke(http_v2(query="a=%00")).json()["statusCode"], 400)
            self.assertEqual(function.invoke(http_v2(body="?", base64=True)).json()["statusCode"], 400)

    def test_functions_mistake_is_an_error(self):
        with Function("http") as function:
            outcome = function.invoke(http_v2(query="do=fail"))
            self.assertEqual((outcome.kind, outcome.json()["errorType"]),
                             ("error", "Function.Refused"))

    def test_event_of_another_kind(self):
        with Function("http") as function:
            for event in ({}, {"Records": []}, [], 7, {"requestContext": {"http": 1}},
                          {"httpMethod": 3, "path": {}}, http_v2(path=["x"])):
                outcome = function.invoke(event)
                told = outcome.json()
                self.assertTrue(outcome.kind == "error" or told["statusCode"] == 400, event)

    def test_streamed_reply(self):
        with Function("http") as function:
            outcome = function.invoke(http_v2(query="body=stream"))
            self.assertEqual(outcome.headers["lambda-runtime-function-response-mode"], "streaming")
            self.assertEqual(outcome.headers["content-type"],
                             "application/vnd.awslambda.http-integration-response")
            head, payload = outcome.body.split(b"\0" * 8, 1)
            self.assertEqual(json.loads(head), {"statusCode": 200,
                                                "headers": {"X-Tag": "a",
                                                            "Content-Type": "text/plain"},
                                                "cookies": ["s=2; Path=/", "t=3"]})
            self.assertEqual(payload, b"part 0\npart 1\npart 2\n")
            self.assertEqual(function.invoke(http_v2()).json()["statusCode"], 200)

    def test_late_error_goes_into_the_trailers(self):
        with Function("http") as function:
            outcome = function.invoke(http_v2(query="body=stream&late=1"))
            self.assertEqual(outcome.kind, "response")
            self.assertEqual(outcome.trailers["lambda-runtime-function-error-type"],
                             "Function.Late")
            told = json.loads(base64.b64decode(
                outcome.trailers["lambda-runtime-function-error-body"]))
            self.assertEqual(told["errorMessage"], "asked to fail late")
            self.assertIn("lambda-runtime-function-error-type",
                          outcome.headers["trailer"].lower())


class Batches(unittest.TestCase):
    def test_all_good(self):
        with Function("queue") as function:
            self.assertEqual(failures(function.invoke(sqs("a", "b"))), [])
            line = function.process.find("data=b")
            self.assertEqual(line, "consumed id=m-1 data=b "
                             "source=arn:aws:sqs:us-east-1:111122223333:jobs group= deliveries=2 "
                             "n_attributes=1")

    def test_partial_failure(self):
        with Function("queue") as function:
            outcome = function.invoke(sqs("a", "fail", "c", "refuse", "e"))
            self.assertEqual(outcome.kind, "response")
            self.assertEqual(failures(outcome), ["m-1", "m-3"])
            function.process.find("data=e")

    def test_fifo_stops_at_the_first_failure(self):
        with Function("queue") as function:
            self.assertEqual(failures(function.invoke(sqs("a", "fail", "c", fifo=True))),
                             ["m-1", "m-2"])
            self.assertFalse([line for line in function.process.lines if "data=c" in line])

    def test_near_the_deadline_the_rest_is_failed(self):
        with Function("queue") as function:
            outcome = function.invoke(sqs("sleep 400", "sleep 400", "sleep 400", "sleep 400"),
                                      deadline_ms=1300)
            left = failures(outcome)  # on a busy machine even the second one may be left
            self.assertIn(left, (["m-2", "m-3"], ["m-1", "m-2", "m-3"]))

    def test_overrun_acknowledges_nothing(self):
        with Function("queue") as function:
            outcome = function.invoke(sqs("a", "spin"), deadline_ms=600)
            self.assertEqual(outcome.kind, "error")
            self.assertEqual(outcome.json()["errorType"], "Function.DeadlineExceeded")

    def test_crash_acknowledges_nothing(self):
        with Function("queue") as function:
            outcome = function.invoke(sqs("a", "crash 11", "c"))
            self.assertEqual((outcome.kind, outcome.json()["errorType"]),
                             ("error", "Function.Crash"))

    def test_malformed_batches_go_to_error(self):
        good = sqs("a")["Records"][0]
        with Function("queue") as function:
            for event in ({}, {"Records": []}, {"Records": None}, [], None,
                          {"Records": [good, {}]}, {"Records": [{**good, "messageId": ""}]},
                          {"Records": [{**good, "body": None}]},
                          {"Records": [{**good, "eventSource": "aws:other"}]}):
                outcome = function.invoke(event)
                self.assertEqual(outcome.kind, "error", event)
            self.assertFalse([line for line in function.process.lines if "consumed" in line])

    def test_body_with_nul_and_unicode(self):
        with Function("queue") as function:
            self.assertEqual(failures(function.invoke(sqs("a\0b", "é😀"))), [])
            function.process.find("data=é😀")

    def test_kinesis(self):
        def record(number, text):
            return {"eventSource": "aws:kinesis", "eventID": f"shard:{number}",
                    "eventSourceARN": "arn:aws:kinesis:us-east-1:1:stream/clicks",
                    "kinesis": {"sequenceNumber": str(number), "partitionKey": "p",
                                "data": base64.b64encode(text).decode(),
                                "approximateArrivalTimestamp": 1545084650.987}}
        with Function("stream") as function:
            outcome = function.invoke({"Records": [record(1, b"a"), record(2, b"fail"),
                                                   record(3, b"c")]})
            self.assertEqual(failures(outcome)[0], "2")
            function.process.find("consumed id=1 data=a")
            self.assertFalse([line for line in function.process.lines if "data=c" in line])
            bad = record(1, b"")
            bad["kinesis"]["data"] = "*"
            self.assertEqual(function.invoke({"Records": [bad]}).kind, "error")

    def test_dynamodb(self):
        record = {"eventSource": "aws:dynamodb", "eventName": "INSERT", "eventSourceARN": "arn:x",
                  "dynamodb": {"SequenceNumber": "111", "Keys": {"Id": {"N": "1"}}}}
        with Function("stream") as function:
            self.assertEqual(failures(function.invoke({"Records": [record]})), [])
            self.assertIn('"Keys":{"Id":{"N":"1"}}', function.process.find("consumed id=111"))

    def test_sns_fails_as_a_whole(self):
        def notification(text):
            return {"Records": [{"EventVersion": "1.0", "EventSource": "aws:sns",
                                 "Sns": {"Type": "Notification", "MessageId": "n-1",
                                         "TopicArn": "arn:aws:sns:us-east-1:1:jobs",
                                         "Subject": None, "Message": text,
                                         "MessageAttributes": {"k": {"Type": "String",
                                                                     "Value": "v"}}}}]}
        with Function("queue") as function:
            self.assertEqual(function.invoke(notification("a")).kind, "response")
            self.assertEqual(function.invoke(notification("fail")).kind, "error")
            function.process.find("consumed id=n-1 data=a source=arn:aws:sns")


class OtherTriggers(unittest.TestCase):
    def test_object(self):
        event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                              "s3": {"bucket": {"name": "in"},
                                     "object": {"key": "a+b%C3%A9.txt", "size": 3, "eTag": "e"}}}]}
        with Function("object") as function:
            self.assertEqual(function.invoke(event).kind, "response")
            function.process.find("object bucket=in key=a bé.txt change=ObjectCreated:Put version= "
                                  "size=3 content=")
            event["Records"][0]["s3"]["object"]["key"] = "fail"
            self.assertEqual(function.invoke(event).kind, "error")
            event["Records"][0]["s3"]["object"]["key"] = "a%00b"
            self.assertEqual(function.invoke(event).json()["errorType"], "Function.BadRequest")
            self.assertEqual(function.invoke({"Records": [{}]}).kind, "error")

    def test_schedule(self):
        rule = {"version": "0", "id": "e-1", "detail-type": "Scheduled Event", "source": "aws.events",
                "time": "2026-11-23T07:20:00Z", "detail": {},
                "resources": ["arn:aws:events:us-east-1:111122223333:rule/hourly"]}
        with Function("schedule") as function:
            self.assertEqual(function.invoke(rule).kind, "response")
            function.process.find("schedule name=hourly time=2026-11-23T07:20:00Z body={}")
            function.invoke({"job": "sweep", "at": "2026-11-23T07:21:00Z"})
            function.process.find('schedule name=sweep time=2026-11-23T07:21:00Z '
                                  'body={"job": "sweep", "at"')
            self.assertEqual(function.invoke([]).kind, "error")

    def test_fused_functions_are_told_apart(self):
        with Function(None) as function:
            self.assertEqual(function.invoke(http_v2()).json()["statusCode"], 200)
            self.assertEqual(function.invoke(http_v2(path="/nothing")).json()["statusCode"], 404)
            self.assertEqual(function.invoke(http_v2(path="/static/a/b")).json()["statusCode"], 405)
            self.assertEqual(failures(function.invoke(sqs("a"))), [])
            self.assertEqual(function.invoke({"cleave_function": "direct", "x": 1}).json()["x"], 1)
            self.assertEqual(function.invoke({"x": 1}).kind, "error")


if __name__ == "__main__":
    os.environ.setdefault("CLEAVE_BINARY_DIR", "build/dev")
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
