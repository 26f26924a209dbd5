#!/usr/bin/env node
/**
 * The bin: hands the arguments to the commands. Looks at Node's version before anything else is
 * loaded, because the rest does not run on an old one.
 */
import process from 'node:process';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 6)) {
  process.stderr.write(
    `faultline: Node ${process.version} is too old, 24.6 or newer is needed\n` +
      '  In a checkout, `npm run -s faultline -- COMMAND` uses the pinned one. (E_NODE_VERSION)\n',
  );
  process.exitCode = 3;
} else {
  const { main } = await import('./cli/cli.ts');
  const { endAnyway } = await import('./system/end-anyway.ts');
  process.exitCode = await main(process.argv.slice(2));
  endAnyway();
}
