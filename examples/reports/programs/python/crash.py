"""Crashes of the shop's back office: each case dies of an uncaught exception."""

import json
import sys
import threading
from dataclasses import dataclass, field


class OutOfStock(Exception):
    pass


@dataclass
class Stock:
    rows: dict = field(default_factory=lambda: {"tea": 12})

    def reserve(self, article, count):
        try:
            self.rows[article] -= count
        except KeyError:
            raise OutOfStock(f"{article} is sold out")


def import_prices():
    try:
        json.loads('{"tea": 4.50, "cup": }')
    except json.JSONDecodeError as error:
        raise RuntimeError("price list of 2026-03 is not usable") from error


def path_of(category):
    return path_of(category) + "/" + category


def check_orders(orders):
    failures = []
    for order in orders:
        try:
            Stock().reserve(order, 1)
        except OutOfStock as failure:
            failures.append(failure)
    raise ExceptionGroup("orders that cannot be sent", failures)


def sync_in_thread():
    worker = threading.Thread(target=lambda: Stock().reserve(None, "3"), name="stock-sync")
    worker.start()
    worker.join()


CASES = {
    "chained": lambda: Stock().reserve("kettle", 1),
    "direct-cause": import_prices,
    "recursion": lambda: path_of("root"),
    "group": lambda: check_orders(["kettle", "tea", "spoon"]),
    "thread": sync_in_thread,
}

if __name__ == "__main__":
    CASES[sys.argv[1]]()
