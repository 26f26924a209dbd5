/** docs/reference/errors.md, from the table of errors. Pure. */
import type { ErrorSpec } from '../src/model/errors.ts';
import { ERRORS } from '../src/model/errors.ts';

const HEAD = `# Errors

Every error has one of these codes. A dead letter carries its code in the header
\`faultline-error-code\`; a command that ends with an error says the code and exits with the number of the last column:
1 failed while doing it, 2 wrong use or config, 3 not ready, something outside is missing or busy.

**Again** marks what another try may cure: the engine tries it again by itself.`;

/** Markdown, ending with a line break. */
export function errorReference(): string {
  const rows = Object.entries<ErrorSpec>(ERRORS).map(
    ([code, { summary, hint, retriable, exit }]) =>
      `| \`${code}\` | ${cell(summary)} | ${cell(hint)} | ${retriable ? 'again' : ''} | ${exit} |`,
  );
  const titles = ['| code | what it says | what to do | again | exit |', '| --- | --- | --- | --- | --- |'];
  return `${HEAD}\n\n${[...titles, ...rows].join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
