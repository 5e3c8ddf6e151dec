#!/usr/bin/python3
"""The whole way on the sample shop: what the functions answer is what the monolith answers.

usage: test_shop.py CLEAVE SHOP_SOURCE WORK
"""
import json
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shop

CLEAVE, SOURCE, WORK = sys.argv[1:4]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Requests in order; each is sent to both sides when its route has become a function.
REQUESTS = [
    ("GET", "/products", None, {}),
    ("GET", "/products?category=shoes", None, {}),
    ("GET", "/products/3", None, {}),
    ("GET", "/products/999", None, {}),
    ("GET", "/products/none", None, {}),
    ("GET", "/categories", None, {}),
    ("GET", "/search?q=red%20shoe", None, {}),
    ("GET", "/search?q=", None, {}),
    ("GET", "/search?q=%22%5c%3cb%3e", None, {}),
    ("POST", "/quote", "items=1:2,3:1&country=DE", FORM),
    ("POST", "/quote", "items=1:2&country=XX", FORM),
    ("POST", "/quote", "items=", FORM),
    ("GET", "/products/2/stock", None, {}),
    ("GET", "/products/2/thumbnail", None, {}),
    ("POST", "/carts", None, {}),
    ("POST", "/carts/1/items", "product=1&quantity=2", FORM),
    ("POST", "/carts/1/items", "product=5&quantity=1", FORM),
    ("POST", "/carts/1/items", "product=999&quantity=1", FORM),
    ("POST", "/carts/1/items", "product=1&quantity=-4", FORM),
    ("GET", "/carts/1", None, {}),
    ("DELETE", "/carts/1/items/5", None, {}),
    ("GET", "/carts/1", None, {}),
    ("GET", "/carts/77", None, {}),
    ("GET", "/api/orders?token=token-alice", None, {}),
    ("GET", "/api/orders?token=nobody", None, {}),
    ("GET", "/payments/providers", None, {}),
    ("GET", "/vouchers/WELCOME10", None, {}),
    ("GET", "/vouchers/none", None, {}),
    ("POST", "/track/click", "visitor=v1&page=%2Fproducts&target=buy&product=3", FORM),
    ("POST", "/track/click", "visitor=v2&page=%2F&target=hat&product=6", FORM),
    ("POST", "/track/click", "", FORM),
    ("GET", "/track/summary", None, {}),
    ("GET", "/reports/2026-11-22", None, {}),
    ("GET", "/reports/never", None, {}),
]

TABLES = ["SELECT * FROM carts ORDER BY id", "SELECT * FROM cart_items ORDER BY 1, 2",
          "SELECT * FROM clicks ORDER BY id", "SELECT * FROM products ORDER BY id",
          "SELECT * FROM stock ORDER BY product_id"]


def fits(key, method, path):
    """True when a route key such as "GET /carts/:cart" or "GET /carts/{cart}" fits a request."""
    methods, pattern = key.split(" ", 1)
    pattern = re.sub(r":(\w+)|\{\w+\}", "[^/]+", pattern)
    return method in methods.split(",") and re.fullmatch(pattern, path.split("?")[0]) is not None


class ShopTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = shop.Pipeline(CLEAVE, SOURCE, WORK)
        cls.pipeline.build_monolith()
        cls.pipeline.analyze()
        cls.pipeline.split()
        cls.pipeline.generate()
        cls.pipeline.build_functions()
        with open(os.path.join(cls.pipeline.functions, "functions.json")) as text:
            cls.functions = json.load(text)["functions"]
        cls.monolith = shop.Monolith(cls.pipeline, os.path.join(WORK, "monolith"))
        cls.addClassCleanup(cls.monolith.stop)
        cls.carved = shop.Functions(cls.pipeline, os.path.join(WORK, "carved"), cls.monolith)
        cls.addClassCleanup(cls.carved.stop)

    def routes_of(self, method, path):
        return [row["key"] for row in self.functions
                if row["trigger"] == "http" and " " in row["key"]
                and fits(row["key"], method, path)]

    def test_http_functions_answer_as_the_monolith(self):
        routes = set()
        for method, path, body, headers in REQUESTS:
            found = self.routes_of(method, path)
            if not found:
                continue
            routes.update(found)
            with self.subTest(request=f"{method} {path} {body or ''}"):
                expected = self.monolith.ask(method, path, body, headers)
                self.assertEqual(self.carved.ask(method, path, body, headers), expected)
        self.assertGreaterEqual(len(routes), 6, f"only {sorted(routes)} are functions")
        for sql in TABLES:
            self.assertEqual(self.carved.table(sql), self.monolith.table(sql), sql)

    def function_of(self, routine, trigger):
        found = [row for row in self.functions
                 if row["routine"] == routine and row["trigger"] == trigger]
        self.assertTrue(found, f"no function with {trigger} for {routine}")
        return found[0]

    def test_nightly_report(self):
        function = self.function_of("report_nightly", "schedule")
        status, _, _ = self.carved.ask("POST", "/schedules/" + function["name"],
                                       port=self.carved.api)
        self.assertEqual(status, 200, self.carved.log())
        shop.run(os.path.join(self.pipeline.build, "shop-batch"), "report", "nightly",
                 env=self.monolith.environment)
        for sql in ("SELECT * FROM reports", "SELECT * FROM report_lines"):
            self.assertEqual(self.carved.table(sql), self.monolith.table(sql))
        self.assertEqual(len(self.carved.table("SELECT * FROM reports")), 1)
        texts = [side.file("reports", "sales-2026-11-22.txt")
                 for side in (self.carved, self.monolith)]
        self.assertEqual(texts[0], texts[1])

    def test_queue_consumer(self):
        """A customer registers: the monolith's own thread sends the mail, the function consumes."""
        function = self.function_of("mail_job_run", "queue")
        body = "email=eve%40example.com&name=Eve&password=secret-1"
        for side in (self.monolith, self.carved):
            status, _, answer = side.ask("POST", "/users", body, FORM)
            self.assertEqual(status, 201, answer)
        self.monolith.ask("POST", "/admin/command", "queue-wait", {"X-Admin-Token": "admin-token"})
        mails = self.monolith.table("SELECT * FROM mails ORDER BY id")
        self.assertEqual(len(mails), 1)
        path = f"/queues/{function['key']}/messages?wait=true"
        user = json.loads(answer)["id"]
        job = {"kind": "mail", "payload": f"template=welcome&user={user}", "n_attempts": 0}
        status, _, answer = self.carved.ask("POST", path, json.dumps(job), port=self.carved.api)
        self.assertEqual((status, json.loads(answer)), (200, {"processed": True}),
                         self.carved.log())
        self.assertEqual(self.carved.table("SELECT * FROM mails ORDER BY id"), mails)
        name = f"mail-{mails[0][0]:06}.eml"
        self.assertEqual(self.carved.file("mail", name), self.monolith.file("mail", name))
        job["payload"] = "template=welcome&user=9999"
        status, _, answer = self.carved.ask("POST", path, json.dumps(job), port=self.carved.api)
        self.assertEqual((status, json.loads(answer)), (502, {"processed": False}))
        self.assertEqual(self.carved.table("SELECT * FROM mails ORDER BY id"), mails)

    def test_invocations_are_recorded(self):
        self.carved.ask("GET", "/products")
        time.sleep(1.5)
        recorded = shop.rows(CLEAVE, self.pipeline.db, "invocations")
        self.assertTrue([row for row in recorded if row["status"] == "ok"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
