"""What we are compared with: a Flask view that only checks the HMAC, inserts one row and pushes to Redis.

As little as can be done for it: the drivers themselves, a connection kept by each thread, one statement, no parsing.
The answer to a webhook cannot be cheaper and still be a promise.
"""

import base64
import hashlib
import hmac
import os
import sqlite3
import threading
import time
from collections.abc import Callable

import psycopg
import redis
from flask import Flask, Response, abort, jsonify, request

from bench import orders

TABLE = "CREATE TABLE bare (id {key}, shop TEXT NOT NULL, topic TEXT NOT NULL, received_at BIGINT NOT NULL)"
_INSERT = "INSERT INTO bare (shop, topic, received_at) VALUES ({0}, {0}, {0})"
_KEYS = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgresql": "BIGSERIAL PRIMARY KEY"}

Insert = Callable[[tuple[str, str, int]], object]


def create_app() -> Flask:
    """The application; DATABASE_URL and REDIS_URL say where it writes."""
    app = Flask(__name__)
    url, secret = os.environ["DATABASE_URL"], orders.SECRET.encode()
    queue = redis.Redis.from_url(os.environ["REDIS_URL"])
    threads = threading.local()

    @app.post("/webhooks/shopify")
    def take() -> Response:
        body = request.get_data()
        signature = base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()
        if not hmac.compare_digest(signature, request.headers.get("X-Shopify-Hmac-Sha256", "")):
            abort(401)
        shop, topic = request.headers["X-Shopify-Shop-Domain"], request.headers["X-Shopify-Topic"]
        if not hasattr(threads, "insert"):
            threads.insert = inserting(url)
        threads.insert((shop, topic, time.time_ns() // 1_000_000))
        queue.lpush("bare", f"{shop} {topic}")
        return jsonify({"status": "accepted"})

    return app


def inserting(url: str) -> Insert:
    """A connection that commits each row, as durably as ours."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=2, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return lambda row: connection.execute(_INSERT.format("?"), row)
    server = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    return lambda row: server.execute(_INSERT.format("%s"), row)


def prepare(url: str) -> None:
    """Make its table."""
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    statement = TABLE.format(key=_KEYS[kind])
    if kind == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute(statement)
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(statement)
