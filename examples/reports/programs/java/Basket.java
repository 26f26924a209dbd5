package com.example.shop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** Crashes of a shop's basket: each case dies of an uncaught exception. */
public final class Basket {
  private final Map<String, Integer> prices = Map.of("tea", 450, "cup", 1290);

  public static void main(String[] arguments) throws Exception {
    Basket basket = new Basket();
    switch (arguments[0]) {
      case "missing-price" -> basket.total(List.of("tea", "kettle"));
      case "nested-causes" -> new Checkout().submit("order-4711");
      case "suppressed" -> basket.saveReceipt();
      case "recursion" -> new Category("root").path();
      case "worker" -> basket.reserveOnWorker();
      case "wrong-type" -> basket.load(new ArrayList<>(List.of("tea", 12)));
      default -> throw new IllegalArgumentException("no such case: " + arguments[0]);
    }
  }

  int total(List<String> articles) {
    return articles.stream().mapToInt(article -> priceOf(article)).sum();
  }

  private int priceOf(String article) {
    Integer price = prices.get(article);
    return price;
  }

  private void load(List<Object> articles) {
    for (Object article : articles) {
      String name = (String) article;
      prices.get(name);
    }
  }

  private void saveReceipt() {
    try (Receipt receipt = new Receipt()) {
      receipt.print(prices.keySet().iterator().next());
    } catch (IOException failure) {
      throw new UncheckedIOException("receipt is lost", failure);
    }
  }

  private void reserveOnWorker() throws InterruptedException, ExecutionException {
    var workers = Executors.newSingleThreadExecutor(task -> new Thread(task, "stock-worker-1"));
    try {
      workers.submit(() -> new Stock().reserve("kettle", 3)).get();
    } finally {
      workers.shutdown();
    }
  }

  /** Its printing fails, and so does its closing. */
  static final class Receipt implements AutoCloseable {
    void print(String line) throws IOException {
      throw new IOException("printer is out of paper");
    }

    @Override
    public void close() throws IOException {
      throw new IOException("spool file is locked");
    }
  }

  /** A category that is its own parent. */
  static final class Category {
    private final String name;
    private final Category parent = this;

    Category(String name) {
      this.name = name;
    }

    String path() {
      return parent.path() + "/" + name;
    }
  }

  /** A stock that has run out. */
  static final class Stock {
    int reserve(String article, int count) {
      throw new IllegalStateException("only 2 of " + article + " left, " + count + " wanted");
    }
  }

  /** Three layers, each of which wraps what the one below throws. */
  static final class Checkout {
    void submit(String order) {
      try {
        pay(order);
      } catch (RuntimeException failure) {
        throw new IllegalStateException("Order " + order + " cannot be placed", failure);
      }
    }

    private void pay(String order) {
      try {
        connect("payments.shop.example");
      } catch (IOException failure) {
        throw new UncheckedIOException("payment of " + order + " failed", failure);
      }
    }

    private void connect(String host) throws IOException {
      try {
        Integer.parseInt("443;");
      } catch (NumberFormatException failure) {
        throw new IOException("bad port of " + host, failure);
      }
    }
  }
}
