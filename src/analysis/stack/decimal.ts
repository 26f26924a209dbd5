/** Decimal numbers inside a text, read without making a substring. */

/** More digits than any line or offset has: the number would not be exact. */
const DIGITS_MAX = 15;

/** The number that `text` holds between `from` and `to`; -1 where there is anything but digits. */
export function decimalIn(text: string, from: number, to: number): number {
  if (from >= to || to - from > DIGITS_MAX) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
