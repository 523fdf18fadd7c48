"""Constant load on the orders service: makes orders, reads them back, and counts what went wrong.

    with Load(port) as load:
        ...
    load.requests, load.failures
"""

import http.client
import json
import threading


class Load:
    def __init__(self, port, clients=4):
        self.port = port
        self.requests = 0
        self.failures = []
        self.versions = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,))
                         for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        count = 0
        while not self._stop.is_set():
            count += 1
            self._order(f"customer {number}", count)
            # A customer isn't a benchmark: the machine is to have time for the rollout.
            self._stop.wait(0.01)

    def _order(self, customer, amount):
        made = self._ask("POST", "/orders", {"customer": customer, "amount": amount}, 201)
        if made is None:
            return
        read = self._ask("GET", f"/orders/{made['id']}", None, 200)
        if read is not None and (read["customer"], read["amount"]) != (customer, amount):
            self._fail(f"order {made['id']} came back as {read}")

    def _ask(self, method, path, body, wanted):
        with self._lock:
            self.requests += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, json.dumps(body) if body else None)
            response = connection.getresponse()
            text = response.read()
            if response.status != wanted:
                return self._fail(f"{method} {path}: {response.status} {text[:200]!r}")
            answer = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return self._fail(f"{method} {path}: {error!r}")
        finally:
            connection.close()
        with self._lock:
            self.versions[answer["version"]] = self.versions.get(answer["version"], 0) + 1
        return answer

    def _fail(self, what):
        with self._lock:
            self.failures.append(what)
