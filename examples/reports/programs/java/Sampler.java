package com.example.shop;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Records the stacks of one thread at an interval, as an app's lag monitor does. */
final class Sampler extends Thread {
  private final Thread watched;
  private final int intervalMs;
  private final List<String> samples = new ArrayList<>();
  private volatile boolean finished;
  private long durationMs;

  Sampler(Thread watched, int intervalMs) {
    super("lag-sampler");
    this.watched = watched;
    this.intervalMs = intervalMs;
    setDaemon(true);
  }

  @Override
  public void run() {
    long startNs = System.nanoTime();
    while (!finished) {
      StackTraceElement[] stack = watched.getStackTrace();
      durationMs = (System.nanoTime() - startNs) / 1_000_000;
      samples.add("{\"time\":" + durationMs + ",\"stack\":[" + lines(stack) + "]}");
      try {
        Thread.sleep(intervalMs);
      } catch (InterruptedException interruption) {
        return;
      }
    }
  }

  /** The report: innermost frame first in each stack. */
  String finish() throws InterruptedException {
    finished = true;
    join();
    return "{\"platform\":\"jvm\",\"thread\":\"" + watched.getName() + "\",\"interval_ms\":" + intervalMs
        + ",\"duration_ms\":" + durationMs + ",\"samples\":[\n" + String.join(",\n", samples) + "\n]}\n";
  }

  private static String lines(StackTraceElement[] stack) {
    return Stream.of(stack).map(frame -> '"' + frame.toString() + '"').collect(Collectors.joining(","));
  }
}
