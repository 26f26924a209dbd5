"""Keeps the main thread busy while a second thread samples it and writes the report."""

import json
import os
import sys
import threading
import time

INTERVAL_MS = 20


class Sampler(threading.Thread):
    """Records one thread's stacks, innermost frame first, until it is told to finish."""

    def __init__(self, watched):
        super().__init__(name="lag-sampler", daemon=True)
        self.watched = watched
        self.samples = []
        self.finished = threading.Event()

    def run(self):
        start = time.monotonic()
        while not self.finished.wait(INTERVAL_MS / 1000):
            frame = sys._current_frames()[self.watched]
            elapsed_ms = round((time.monotonic() - start) * 1000)
            self.samples.append({"time": elapsed_ms, "stack": list(self.lines(frame))})

    def lines(self, frame):
        while frame is not None:
            code = frame.f_code
            yield f"{code.co_qualname} ({os.path.basename(code.co_filename)}:{frame.f_lineno})"
            frame = frame.f_back


def build_invoices(duration_s):
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        render_invoice([("tea", n) for n in range(3000)])


def render_invoice(lines):
    text = ""
    for article, count in lines:
        text += format_line(article, count)
    return text


def format_line(article, count):
    return f"{article:>20} {count:5d} {count * 4.5:10.2f}\n"


if __name__ == "__main__":
    sampler = Sampler(threading.get_ident())
    sampler.start()
    build_invoices(0.6)
    sampler.finished.set()
    sampler.join()
    report = {"platform": "python", "thread": "main", "interval_ms": INTERVAL_MS, "samples": sampler.samples}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
