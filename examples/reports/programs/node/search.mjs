// A search that does too much at once.
const ARTICLES = Array.from({ length: 4000 }, (_, index) => `article ${index} kettle tea cup description`);

export function matches(query) {
  return ARTICLES.filter((article) => distance(article, query) < 20).length;
}

function distance(left, right) {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) row = nextRow(row, left[i - 1], right, i);
  return row[right.length];
}

function nextRow(row, letter, right, start) {
  const next = [start];
  for (let j = 1; j <= right.length; j += 1) {
    next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (letter === right[j - 1] ? 0 : 1)));
  }
  return next;
}
