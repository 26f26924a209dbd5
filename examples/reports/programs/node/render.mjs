// Renders a basket; a line without a price is more than it can bear.
export function render(basket) {
  return basket.lines.map((line) => renderLine(line)).join('\n');
}

const renderLine = (line) => `${line.article} ${line.price.toFixed(2)}`;
