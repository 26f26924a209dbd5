package com.example.shop;

import java.util.HashMap;
import java.util.Map;

/** Parses a catalogue the slow way. */
final class Catalogue {
  private Catalogue() {}

  static Map<String, Integer> parse(String text) {
    Map<String, Integer> prices = new HashMap<>();
    for (String entry : text.split(";")) {
      String[] parts = entry.split("=");
      prices.merge(parts[0] + prices.size() % 977, Integer.parseInt(parts[1]), Integer::sum);
    }
    return prices;
  }

  static int checksum(String text) {
    int sum = 0;
    for (int at = 0; at < text.length(); at += 1) sum = 31 * sum + Character.toUpperCase(text.charAt(at));
    return sum;
  }
}
