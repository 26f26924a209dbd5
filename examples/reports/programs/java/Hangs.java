package com.example.shop;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Hangs of the shop's main thread. The cases `deadlock`, `lock` and `socket` hang for ever and are
 * dumped from outside; the others end, and a sampler thread writes what the main thread did.
 */
public final class Hangs {
  private static final Object BASKET = new Object();
  private static final Object PRICES = new Object();

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "deadlock" -> deadlock();
      case "lock" -> waitForLock();
      case "socket" -> readOnMain();
      case "parse" -> sampled(Path.of(arguments[1]), Hangs::parseOnMain);
      case "contention" -> sampled(Path.of(arguments[1]), Hangs::contend);
      default -> throw new IllegalArgumentException("no such case: " + arguments[0]);
    }
  }

  private static void deadlock() throws InterruptedException {
    CountDownLatch both = new CountDownLatch(2);
    new Thread(() -> lockBoth(PRICES, BASKET, both), "price-sync").start();
    lockBoth(BASKET, PRICES, both);
  }

  private static void lockBoth(Object first, Object second, CountDownLatch both) {
    synchronized (first) {
      both.countDown();
      awaitQuietly(both);
      synchronized (second) {
        throw new AssertionError("two threads cannot both be here");
      }
    }
  }

  private static void waitForLock() throws InterruptedException {
    CountDownLatch taken = new CountDownLatch(1);
    Thread export = new Thread(() -> exportOrders(taken), "order-export");
    export.setDaemon(true);
    export.start();
    taken.await();
    refreshBadge();
  }

  private static void exportOrders(CountDownLatch taken) {
    synchronized (BASKET) {
      taken.countDown();
      sleep(3_600_000);
    }
  }

  private static void refreshBadge() {
    synchronized (BASKET) {
      System.out.println("badge refreshed");
    }
  }

  private static void readOnMain() throws IOException {
    try (ServerSocket silent = new ServerSocket(0);
        Socket socket = new Socket("127.0.0.1", silent.getLocalPort())) {
      System.out.println(socket.getInputStream().read());
    }
  }

  private static void sampled(Path file, Runnable lag) throws Exception {
    Sampler sampler = new Sampler(Thread.currentThread(), 20);
    sampler.start();
    lag.run();
    Files.writeString(file, sampler.finish());
  }

  private static void parseOnMain() {
    String catalogue = "tea=450;cup=1290;kettle=3900;".repeat(2_000);
    long sum = 0;
    long end = System.nanoTime() + 500_000_000L;
    while (System.nanoTime() < end) {
      sum += Catalogue.parse(catalogue).size();
      sum += Catalogue.checksum(catalogue);
    }
    if (sum == 0) throw new AssertionError("nothing parsed");
  }

  private static void contend() {
    CountDownLatch taken = new CountDownLatch(1);
    Thread writer = new Thread(() -> holdBasket(taken), "basket-writer");
    writer.start();
    awaitQuietly(taken);
    refreshBadge();
    sleep(100);
  }

  private static void holdBasket(CountDownLatch taken) {
    synchronized (BASKET) {
      taken.countDown();
      sleep(400);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
  }
}
