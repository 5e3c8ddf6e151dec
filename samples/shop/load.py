#!/usr/bin/env python3
"""Sends the shop a day in small: visitors, buyers, partners, an administrator. Records it as HAR 1.2.

The same seed sends the same requests. What depends on one process only (counters, popular searches)
is asked for with --process-state alone, since no two processes answer it alike.
"""
import argparse
import base64
import datetime
import http.client
import json
import random
import re
import sys
import time
import urllib.parse

PRODUCTS = 24
CATEGORIES = ["shoes", "hats", "bags", "coats", "socks", "extras"]
WORDS = ["shoe", "red", "rain", "wool", "bag", "hat", "sock", "garden", "winter", "blue", "xyzzy"]
COUNTRIES = ["DE", "DE", "DE", "AT", "FR", "CH", "NO"]
GOOD_CARD, BAD_CARD = "4111111111111111", "4111111111111112"
SEEDED_USERS = [("alice@example.com", "wonderland", "token-alice"),
                ("bob@example.com", "builder", "token-bob"),
                ("carol@example.com", "singing", "token-carol")]


class Recorder:
    """One connection to the shop; every exchange becomes an entry of the HAR."""

    def __init__(self, url, admin_token):
        parts = urllib.parse.urlsplit(url)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.admin_token = admin_token
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=60)
        self.entries = []

    def send(self, method, target, form=None, body=None, headers=None, cookie=None, mime=None):
        headers = dict(headers or {})
        if form is not None:
            body = urllib.parse.urlencode(form)
            mime = "application/x-www-form-urlencoded"
        if body is not None:
            headers["Content-Type"] = mime or "text/plain"
        if cookie:
            headers["Cookie"] = "sid=" + cookie
        data = body.encode() if body is not None else None
        started = datetime.datetime.now(datetime.timezone.utc)
        clock = time.monotonic()
        self.connection.request(method, target, body=data, headers=headers)
        response = self.connection.getresponse()
        waited = time.monotonic()
        content = response.read()
        ended = time.monotonic()
        self.entries.append(self.entry(method, target, headers, body, form, mime, response, content,
                                       started, waited - clock, ended - waited))
        return Answer(response, content)

    def admin(self, line):
        return self.send("POST", "/admin/command", body=line,
                         headers={"X-Admin-Token": self.admin_token})

    def entry(self, method, target, headers, body, form, mime, response, content, started, wait,
              receive):
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query, keep_blank_values=True)
        sent = dict(headers, Host=urllib.parse.urlsplit(self.base).netloc)
        request = {"method": method, "url": self.base + target, "httpVersion": "HTTP/1.1",
                   "cookies": pairs(cookies_of(headers.get("Cookie", ""))),
                   "headers": pairs(sorted(sent.items())), "queryString": pairs(query),
                   "headersSize": -1, "bodySize": len(body.encode()) if body is not None else 0}
        if body is not None:
            request["postData"] = {"mimeType": mime or "text/plain", "text": body}
            if form is not None:
                request["postData"]["params"] = pairs(form.items())
        answer = {"status": response.status, "statusText": response.reason,
                  "httpVersion": "HTTP/1.1",
                  "cookies": pairs(cookies_of((response.getheader("Set-Cookie") or "")
                                              .split(";")[0])),
                  "headers": pairs(response.getheaders()),
                  "content": content_of(content, response.getheader("Content-Type") or ""),
                  "redirectURL": "", "headersSize": -1, "bodySize": len(content)}
        return {"startedDateTime": started.isoformat(timespec="milliseconds"),
                "time": milliseconds(wait + receive), "request": request, "response": answer,
                "cache": {}, "timings": {"send": 0, "wait": milliseconds(wait),
                                         "receive": milliseconds(receive)}}


class Answer:
    def __init__(self, response, content):
        self.status = response.status
        self.content = content
        found = re.match(r"sid=([0-9a-f]+)", response.getheader("Set-Cookie") or "")
        self.session = found.group(1) if found else None

    def json(self):
        return json.loads(self.content)


def milliseconds(seconds):
    return round(seconds * 1000, 3)


def pairs(items):
    return [{"name": name, "value": str(value)} for name, value in items]


def cookies_of(text):
    return [tuple(part.strip().split("=", 1)) for part in text.split(";") if "=" in part]


def content_of(content, mime):
    if mime.startswith(("application/json", "text/")):
        return {"size": len(content), "mimeType": mime, "text": content.decode()}
    if not content:
        return {"size": 0, "mimeType": mime}
    return {"size": len(content), "mimeType": mime, "encoding": "base64",
            "text": base64.b64encode(content).decode()}


def picture(chance):
    """A PPM whose bytes are all printable, so that it fits into a HAR."""
    width, height = chance.randint(65, 90), chance.randint(40, 90)
    pixels = "".join(chr(chance.randint(33, 126)) for _ in range(97))
    size = width * height * 3
    return f"P6\n{width} {height}\n255\n" + (pixels * (size // 97 + 1))[:size]


class Shoppers:
    """What people do. Every method is one visit; each sends a handful of requests."""

    def __init__(self, shop, seed):
        self.shop = shop
        self.chance = random.Random(seed)
        self.n_users = 0
        self.visitor = "0"

    def product(self):
        return min(int(self.chance.expovariate(0.15)) + 1, PRODUCTS)

    def click(self, page, target, product=None):
        form = {"visitor": self.visitor, "page": page, "target": target}
        if product:
            form["product"] = str(product)
        self.shop.send("POST", "/track/click", form=form)

    def look_at(self, product):
        self.click("/", "product", product)
        self.shop.send("GET", f"/products/{product}")
        self.shop.send("GET", f"/products/{product}/stock")

    def browse(self):
        self.shop.send("GET", "/")
        self.shop.send("GET", "/products?page=1")
        if self.chance.random() < 0.4:
            self.click("/", "more")
            self.shop.send("GET", "/products?page=2")
        if self.chance.random() < 0.5:
            category = self.chance.choice(CATEGORIES)
            self.shop.send("GET", "/categories")
            self.shop.send("GET", f"/products?category={category}")
        for _ in range(self.chance.randint(1, 4)):
            self.look_at(self.product())

    def search(self):
        words = self.chance.sample(WORDS, 2)
        for word in words:
            self.click("/", "search")
            query = urllib.parse.urlencode({"q": word if self.chance.random() < 0.9 else word + " 100%"})
            hits = self.shop.send("GET", f"/search?{query}").json()["hits"]
            if hits:
                self.look_at(self.chance.choice(hits)["id"])

    def quote(self):
        items = ",".join(f"{self.product()}:{self.chance.randint(1, 6)}"
                         for _ in range(self.chance.randint(1, 4)))
        self.shop.send("POST", "/quote", form={"items": items,
                                               "country": self.chance.choice(COUNTRIES)})

    def fill_cart(self, cookie=None):
        cart = self.shop.send("POST", "/carts", body="", cookie=cookie).json()["id"]
        chosen = sorted({self.product() for _ in range(self.chance.randint(1, 4))})
        for product in chosen:
            self.shop.send("POST", f"/carts/{cart}/items", cookie=cookie,
                           form={"product": product, "quantity": self.chance.randint(1, 3)})
        if len(chosen) > 1 and self.chance.random() < 0.4:
            self.shop.send("DELETE", f"/carts/{cart}/items/{chosen[0]}", cookie=cookie)
        self.shop.send("GET", f"/carts/{cart}", cookie=cookie)
        return cart

    def payment(self):
        kind = self.chance.choices(["card", "bad card", "invoice", "voucher", "unknown"],
                                   [60, 10, 20, 8, 2])[0]
        return {"card": ("card", GOOD_CARD), "bad card": ("card", BAD_CARD),
                "invoice": ("invoice", "1 High Street"), "voucher": ("voucher", "BIG500"),
                "unknown": ("barter", "two goats")}[kind]

    def order(self, cart, **who):
        provider, account = self.payment()
        form = {"cart": cart, "provider": provider, "account": account,
                "country": self.chance.choice(COUNTRIES)}
        answer = self.shop.send("POST", "/orders", form=form, **who)
        return answer.json()["id"] if answer.status == 201 else None

    def abandon(self):
        self.fill_cart()

    def customer(self):
        if self.n_users and self.chance.random() < 0.6:
            number = self.chance.randrange(self.n_users)
        else:
            number = self.n_users
            self.n_users += 1
            self.shop.send("POST", "/users",
                           form={"email": f"customer{number}@example.com",
                                 "name": f"Customer {number}", "password": f"secret-{number}"})
        return f"customer{number}@example.com", f"secret-{number}"

    def buy(self):
        email, password = self.customer()
        sid = self.shop.send("POST", "/login", form={"email": email, "password": password}).session
        self.shop.send("GET", "/me", cookie=sid)
        self.look_at(self.product())
        cart = self.fill_cart(cookie=sid)
        self.shop.send("GET", "/cart", cookie=sid)
        self.shop.send("GET", "/payments/providers")
        order = self.order(cart, cookie=sid)
        if order:
            self.click("/checkout", "thanks")
            self.shop.send("GET", f"/orders/{order}", cookie=sid)
            if self.chance.random() < 0.25:
                self.shop.send("POST", f"/orders/{order}/cancel", body="", cookie=sid)
        self.shop.send("GET", "/orders", cookie=sid)
        if self.chance.random() < 0.7:
            self.shop.send("POST", "/logout", body="", cookie=sid)

    def partner(self):
        _, _, token = self.chance.choice(SEEDED_USERS)
        who = {"headers": {"X-Api-Token": token}}
        order = self.order(self.fill_cart(), **who)
        if order and self.chance.random() < 0.3:
            self.shop.send("POST", f"/orders/{order}/cancel", body="", **who)
        self.shop.send("GET", f"/api/orders?token={token}")

    def stumble(self):
        """What goes wrong every day."""
        tries = [("GET", "/products/999", {}), ("GET", "/products/abc", {}),
                 ("GET", "/products?page=zero", {}), ("GET", "/search?q=x", {}),
                 ("GET", "/carts/999999", {}), ("GET", "/nothing", {}), ("DELETE", "/products/1", {}),
                 ("GET", "/me", {}), ("GET", "/cart", {"cookie": "0" * 32}),
                 ("GET", "/orders/1", {"headers": {"X-Api-Token": "stolen"}}),
                 ("GET", "/api/orders?token=wrong", {}), ("GET", "/vouchers/NONE", {}),
                 ("GET", "/reports/1999-01-01", {}), ("GET", "/products/23/thumbnail", {}),
                 ("POST", "/track/click", {"form": {"page": "/"}}),
                 ("POST", "/quote", {"form": {"items": "1:0"}}),
                 ("POST", "/quote", {"form": {"items": "1:1", "country": "XX"}}),
                 ("POST", "/login", {"form": {"email": "alice@example.com", "password": "guess"}}),
                 ("POST", "/users", {"form": {"email": "nobody", "name": "N", "password": "123456"}}),
                 ("POST", "/users", {"form": {"email": "alice@example.com", "name": "A",
                                              "password": "123456"}}),
                 ("POST", "/orders", {"form": {"provider": "card", "account": GOOD_CARD}}),
                 ("POST", "/admin/command", {"body": "help"}),
                 ("PUT", "/products/1/image", {"body": "no picture"})]
        for method, target, how in self.chance.sample(tries, 4):
            self.shop.send(method, target, **how)

    def administer(self):
        product = self.product()
        self.shop.admin(f"stock {product}")
        self.shop.admin(f"stock-add {product} {self.chance.randint(5, 40)}")
        if self.chance.random() < 0.3:
            self.shop.admin(f"price {product} {self.chance.randint(2, 200) * 100 - 10}")
            self.shop.send("GET", f"/products/{product}")
        if self.chance.random() < 0.2:
            self.shop.admin(self.chance.choice(["cache-flush", "help", "no such command"]))
        if self.chance.random() < 0.2:
            self.shop.admin("voucher BIG500 50000")
            self.shop.send("GET", "/vouchers/BIG500")

    def photograph(self):
        product = self.chance.randint(1, 12)
        self.shop.send("PUT", f"/products/{product}/image", body=picture(self.chance),
                       mime="image/x-portable-pixmap")
        self.shop.admin("queue-wait")
        self.shop.send("GET", f"/products/{product}/thumbnail")

    def analyse(self, day):
        self.shop.send("GET", "/track/summary")
        self.shop.send("GET", "/track/summary?page=%2F")
        self.shop.admin(f"report {day}")
        self.shop.send("GET", f"/reports/{day}")

    def visit(self, day):
        self.visitor = f"{self.chance.getrandbits(48):012x}"
        kinds = [(self.browse, 30), (self.search, 18), (self.quote, 8), (self.abandon, 8),
                 (self.buy, 18), (self.partner, 7), (self.stumble, 6), (self.administer, 3),
                 (self.photograph, 1.5), (lambda: self.analyse(day), 0.5)]
        self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]()

    def every_area(self, day):
        """Each kind of visit once, so that short loads cover everything too."""
        self.shop.send("GET", "/health")
        for visit in (self.browse, self.search, self.quote, self.abandon, self.buy, self.partner,
                      self.stumble, self.administer, self.photograph):
            visit()
        self.shop.admin("queue-wait")
        self.analyse(day)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="where the shop listens: http://127.0.0.1:8080")
    parser.add_argument("-n", "--requests", type=int, default=1200, help="at least so many")
    parser.add_argument("-o", "--har", help="file to record into (default: none)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--admin-token", default="admin")
    parser.add_argument("--day", default=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
                        help="day to report on")
    parser.add_argument("--process-state", action="store_true",
                        help="ask for counters and popular searches, too")
    options = parser.parse_args()
    shop = Recorder(options.url, options.admin_token)
    shoppers = Shoppers(shop, options.seed)
    shoppers.every_area(options.day)
    while len(shop.entries) < options.requests:
        shoppers.visit(options.day)
    shop.admin("queue-wait")
    if options.process_state:
        for target in ("/stats", "/search/popular"):
            shop.send("GET", target)
        shop.admin("status")
    har = {"log": {"version": "1.2", "creator": {"name": "shop-load", "version": "1"},
                   "entries": shop.entries}}
    if options.har:
        with open(options.har, "w", encoding="utf-8") as file:
            json.dump(har, file, indent=1)
            file.write("\n")
    statuses = {}
    for entry in shop.entries:
        status = entry["response"]["status"]
        statuses[status] = statuses.get(status, 0) + 1
    print(f"{len(shop.entries)} requests:",
          ", ".join(f"{status} {n}x" for status, n in sorted(statuses.items())))
    return 1 if any(status >= 500 for status in statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
