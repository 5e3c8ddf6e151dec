#!/usr/bin/env python3
"""The shop as its customers, partners and administrators meet it: shop_test.py BUILD_FOLDER."""
import os
import sqlite3
import sys
import threading
import unittest
from datetime import datetime, timezone

import running

sys.path.insert(0, running.SOURCE)
import load  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1))


class ShopTest(unittest.TestCase):
    def setUp(self):
        self.shop = self.enterContext(running.Shop(BUILD))
        self.http = load.Recorder(self.shop.url, "admin")

    def tearDown(self):
        self.assertEqual(self.shop.stop(), 0, self.shop.errors)
        self.assertNotIn("ERROR: ", self.shop.errors)
        self.assertNotIn("runtime error", self.shop.errors)

    def get(self, target, status=200, **how):
        answer = self.http.send("GET", target, **how)
        self.assertEqual(answer.status, status, answer.content)
        return answer.json()

    def post(self, target, form, status=200, **how):
        answer = self.http.send("POST", target, form=form, **how)
        self.assertEqual(answer.status, status, answer.content)
        return answer.json() if answer.content else None

    def admin(self, line, status=200):
        answer = self.http.admin(line)
        self.assertEqual(answer.status, status, answer.content)
        return answer.content.decode()

    def login(self):
        answer = self.http.send("POST", "/login", form={"email": "alice@example.com",
                                                        "password": "wonderland"})
        self.assertEqual(answer.status, 200)
        return answer.session

    def cart(self, product=3, quantity=2, **how):
        cart = self.post("/carts", {}, 201, **how)["id"]
        self.post(f"/carts/{cart}/items", {"product": product, "quantity": quantity}, **how)
        return cart

    def rows(self, sql):
        connection = sqlite3.connect(self.shop.database_url.removeprefix("sqlite:"), timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def test_catalogue(self):
        self.assertEqual(self.get("/products")["total"], 24)
        self.assertEqual([p["id"] for p in self.get("/products?page=3")["products"]], [21, 22, 23, 24])
        self.assertEqual(self.get("/products?category=hats")["total"], 3)
        product = self.get("/products/20")
        self.assertEqual(product["description"], 'For boots "one size up"')
        self.assertEqual(product["price"], "14.90")
        self.get("/products/999", 404)
        self.get("/products?page=0", 400)
        self.assertEqual(len(self.get("/categories")), 6)

    def test_a_new_price_is_seen_at_once(self):
        self.assertEqual(self.get("/products/1")["price"], "59.90")
        self.assertEqual(self.admin("price 1 4200"), "ok\n")
        self.assertEqual(self.get("/products/1")["price"], "42.00")
        self.assertEqual(self.admin("price 999 4200"), "failed\n")

    def test_search_ranks_and_remembers(self):
        hits = self.get("/search?q=SHOE")["hits"]
        self.assertEqual([hit["id"] for hit in hits][:3], [10, 22, 23])
        self.assertEqual(self.get("/search?q=no+such+thing")["total"], 0)
        self.get("/search?q=shoe")
        self.get("/search?q=a", 400)
        self.assertEqual(self.get("/search/popular"), [{"term": "shoe", "count": 2},
                                                       {"term": "no such thing", "count": 1}])

    def test_quote(self):
        price = self.post("/quote", {"items": "1:2,3:9", "country": "AT"})
        self.assertEqual(price["goods_cents"], 2 * 5990 + 9 * 4450)
        self.assertEqual(price["discount_cents"], price["goods_cents"] // 20)
        self.post("/quote", {"items": "1:2,999:1"}, 400)
        self.post("/quote", {"items": "1:2", "country": "US"}, 400)

    def test_cart_follows_the_session(self):
        sid = self.login()
        self.get("/cart", 404, cookie=sid)
        cart = self.cart(cookie=sid)
        self.assertEqual(self.get("/cart", cookie=sid)["id"], cart)
        self.post(f"/carts/{cart}/items", {"product": 3, "quantity": 1}, cookie=sid)
        self.assertEqual(self.get(f"/carts/{cart}")["items"][0]["quantity"], 3)
        self.assertEqual(self.http.send("DELETE", f"/carts/{cart}/items/3").status, 200)
        self.assertEqual(self.get(f"/carts/{cart}")["items"], [])
        self.assertEqual(self.http.send("POST", "/logout", body="", cookie=sid).status, 204)
        self.get("/cart", 401, cookie=sid)
        self.get(f"/carts/{cart}", 404)

    def test_order_takes_goods_and_money(self):
        sid = self.login()
        self.cart(product=3, quantity=2, cookie=sid)
        order = self.post("/orders", {"provider": "card", "account": load.GOOD_CARD}, 201, cookie=sid)
        self.assertEqual((order["status"], order["total_cents"]), ("paid", 8900))
        self.assertEqual(self.get("/products/3/stock")["quantity"], 18)
        self.assertEqual(self.get("/cart", cookie=sid)["items"], [])
        self.assertEqual(self.get(f"/orders/{order['id']}", cookie=sid)["lines"][0]["product"], 3)
        self.assertEqual(self.get("/api/orders?token=token-alice"), [order])
        self.get(f"/orders/{order['id']}", 404, headers={"X-Api-Token": "token-bob"})
        cancelled = self.post(f"/orders/{order['id']}/cancel", {}, cookie=sid)
        self.assertEqual(cancelled["status"], "cancelled")
        self.assertEqual(self.get("/products/3/stock")["quantity"], 20)
        self.post(f"/orders/{order['id']}/cancel", {}, 409, cookie=sid)
        self.admin("queue-wait")
        self.assertEqual(sorted(os.listdir(os.path.join(self.shop.folder, "mail"))),
                         ["mail-000001.eml", "mail-000002.eml"])
        self.assertEqual(self.rows("SELECT status FROM payments"), [("refunded",)])

    def test_a_refused_order_leaves_nothing_behind(self):
        who = {"headers": {"X-Api-Token": "token-bob"}}
        cart = self.cart(product=11, quantity=3)
        form = {"cart": cart, "provider": "card", "account": load.BAD_CARD}
        self.post("/orders", form, 402, **who)
        self.post("/orders", dict(form, provider="invoice", account="High Street 1"), 402, **who)
        self.post("/orders", dict(form, country="XX"), 400, **who)
        self.post(f"/carts/{cart}/items", {"product": 11, "quantity": 6})
        self.post("/orders", dict(form, account=load.GOOD_CARD), 409, **who)
        self.assertEqual(self.get("/orders", **who), [])
        self.assertEqual(self.get("/products/11/stock")["quantity"], 8)
        self.assertEqual(self.rows("SELECT COUNT(*) FROM order_lines"), [(0,)])
        self.assertEqual(self.rows("SELECT COUNT(*) FROM stock_moves"), [(0,)])

    def test_voucher_pays_and_is_refunded(self):
        who = {"headers": {"X-Api-Token": "token-carol"}}
        cart = self.cart(product=17, quantity=2)
        order = self.post("/orders", {"cart": cart, "provider": "voucher", "account": "GIFT50"}, 201, **who)
        self.assertEqual(self.get("/vouchers/GIFT50")["balance_cents"], 5000 - order["total_cents"])
        self.post(f"/orders/{order['id']}/cancel", {}, **who)
        self.assertEqual(self.get("/vouchers/GIFT50")["balance_cents"], 5000)

    def test_low_stock_is_reported(self):
        self.admin("stock-set 11 4")
        cart = self.cart(product=11, quantity=2)
        self.post("/orders", {"cart": cart, "provider": "card", "account": load.GOOD_CARD}, 201,
                  headers={"X-Api-Token": "token-bob"})
        self.admin("queue-wait")
        self.assertEqual(self.rows("SELECT recipient FROM mails ORDER BY recipient"),
                         [("bob@example.com",), ("purchasing@example.com",)])
        self.assertEqual(self.get("/products/11/stock")["delivery"], "few left")

    def test_users(self):
        form = {"email": "dora@example.com", "name": "Dora", "password": "explorer"}
        token = self.post("/users", form, 201)["api_token"]
        self.post("/users", form, 409)
        self.post("/users", dict(form, email="x@example.com", password="short"), 400)
        self.assertEqual(self.get("/me", headers={"X-Api-Token": token})["email"], "dora@example.com")
        self.get("/me", 401)
        self.post("/login", {"email": "dora@example.com", "password": "wrong"}, 401)
        first = self.http.send("POST", "/login", form=form).session
        second = self.http.send("POST", "/login", form=form).session
        self.assertNotEqual(first, second)
        self.assertEqual(self.admin("sessions"), "2\n")
        self.assertEqual(self.admin(f"logout {first}"), "ok\n")
        self.get("/me", 401, cookie=first)
        self.assertEqual(self.get("/me", cookie=second)["logins"], 2)

    def test_clicks_and_report(self):
        for target in ("product", "product", "more"):
            self.post("/track/click", {"page": "/", "target": target, "visitor": "v", "product": 1}, 204)
        self.post("/track/click", {"page": ""}, 400)
        self.assertEqual(self.get("/track/summary")[0], {"page": "/", "target": "product", "clicks": 2})
        self.get(f"/reports/{running.DAY}", 404)
        cart = self.cart(product=22, quantity=10)
        self.post("/orders", {"cart": cart, "provider": "card", "account": load.GOOD_CARD}, 201,
                  headers={"X-Api-Token": "token-bob"})
        text = self.admin(f"report {running.DAY}")
        self.assertIn("orders 1, revenue 41.95, clicks 3", text)
        self.assertIn("Shoe laces", text)
        with open(os.path.join(self.shop.folder, "reports", f"sales-{running.DAY}.txt")) as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(self.get(f"/reports/{running.DAY}")["products"],
                         [{"product": 22, "quantity": 10, "revenue_cents": 3900}])
        self.assertEqual(self.admin("report yesterday"), "failed\n")

    def test_thumbnail(self):
        picture = "P6\n128 64\n255\n" + "A" * (128 * 64 * 3)
        self.assertEqual(self.http.send("PUT", "/products/5/image", body=picture).status, 202)
        self.admin("queue-wait")
        answer = self.http.send("GET", "/products/5/thumbnail")
        self.assertEqual(answer.content, b"P6\n64 32\n255\n" + b"A" * (64 * 32 * 3))
        self.assertEqual(self.http.send("PUT", "/products/5/image", body="P6 no").status, 415)
        self.get("/products/6/thumbnail", 404)

    def test_page_and_unknown_addresses(self):
        self.assertIn(b"/track/click", self.http.send("GET", "/").content)
        self.get("/nothing", 404)
        self.assertEqual(self.http.send("DELETE", "/products").status, 405)
        self.assertEqual(self.http.send("PUT", "/products/1/image", body="x" * 5000000).status, 413)

    def test_admin_needs_the_token(self):
        self.http.admin_token = "guess"
        self.admin("help", 403)
        self.http.admin_token = "admin"
        self.assertIn("queue-wait", self.admin("help"))
        self.admin("price 1", 400)
        self.admin("stock-add 1 9223372036854775807", 400)
        self.assertIn("requests 6\n", self.admin("status") + self.admin("status"))

    def test_many_at_once(self):
        problems = []

        def visit(number):
            http = load.Recorder(self.shop.url, "admin")
            try:
                for _ in range(5):
                    cart = http.send("POST", "/carts", body="").json()["id"]
                    http.send("POST", f"/carts/{cart}/items", form={"product": 9, "quantity": 1})
                    answer = http.send("POST", "/orders", headers={"X-Api-Token": "token-bob"},
                                       form={"cart": cart, "provider": "card",
                                             "account": load.GOOD_CARD})
                    if answer.status != 201:
                        problems.append((number, answer.status))
            except (OSError, ValueError) as error:
                problems.append((number, error))

        threads = [threading.Thread(target=visit, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        self.assertEqual(self.get("/products/9/stock")["quantity"], 15)

    def test_batch_tool(self):
        cart = self.cart(product=3, quantity=2)
        self.post("/orders", {"cart": cart, "provider": "card", "account": load.GOOD_CARD}, 201,
                  headers={"X-Api-Token": "token-bob"})
        self.assertEqual(self.shop.batch("export-orders"), (0, "1;bob@example.com;paid;DE;8900\n", ""))
        deliveries = os.path.join(self.shop.folder, "deliveries.csv")
        with open(deliveries, "w", encoding="utf-8") as file:
            file.write("SH-200; 10\n\nBA-200;1\n")
        self.assertEqual(self.shop.batch("import-stock", deliveries)[0], 0)
        self.assertEqual(self.get("/products/3/stock")["quantity"], 28)
        with open(deliveries, "w", encoding="utf-8") as file:
            file.write("SH-200;10\nNO-SUCH;1\n")
        self.assertEqual(self.shop.batch("import-stock", deliveries)[0], 1)
        self.assertEqual(self.get("/products/3/stock")["quantity"], 28)
        self.assertEqual(self.shop.batch("report", "nightly")[0], 0)
        self.assertEqual(self.rows("SELECT day FROM reports"), [("2026-11-22",)])
        self.assertEqual(self.shop.batch("mail-order", "1")[0], 0)
        self.assertEqual(self.shop.batch("no-such-command")[0], 2)


class StartTest(unittest.TestCase):
    def test_data_survive_a_restart(self):
        with running.Shop(BUILD) as shop:
            http = load.Recorder(shop.url, "admin")
            cart = http.send("POST", "/carts", body="").json()["id"]
            http.send("POST", f"/carts/{cart}/items", form={"product": 1})
            self.assertEqual(shop.stop(), 0, shop.errors)
            with running.Shop(BUILD, folder=shop.folder) as again:
                answer = load.Recorder(again.url, "admin").send("GET", f"/carts/{cart}")
                self.assertEqual(answer.json()["items"][0]["product"], 1)

    def test_idle_sessions_end_and_the_night_reports(self):
        hour = datetime.now(timezone.utc).hour
        with running.Shop(BUILD, nightly_hour=hour) as shop:
            path = os.path.join(shop.folder, "reports", "sales-2026-11-22.txt")
            deadline = datetime.now().timestamp() + 20
            while not os.path.exists(path) and datetime.now().timestamp() < deadline:
                threading.Event().wait(0.2)
            self.assertTrue(os.path.exists(path))

    def test_bad_settings(self):
        for settings in ({"port": "many"}, {"database_url": "oracle:x"},
                         {"database_url": "sqlite:/nowhere/at/all"}, {"config": "/nowhere.conf"}):
            with self.assertRaisesRegex(RuntimeError, "many|no driver|cannot open"):
                running.Shop(BUILD, **settings).__enter__()

    def test_config_file(self):
        with running.Shop(BUILD) as shop:
            path = os.path.join(shop.folder, "shop.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write("# comment\nlow_stock = 1000\n")
            shop.stop()
            with running.Shop(BUILD, folder=shop.folder, config=path) as again:
                answer = load.Recorder(again.url, "admin").send("GET", "/products/1/stock").json()
                self.assertEqual(answer["delivery"], "few left")


if __name__ == "__main__":
    unittest.main()
