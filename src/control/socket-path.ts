/** The path of a Unix socket as the system takes it, and whether somebody listens there. */
import { createConnection } from 'node:net';
import { relative, resolve } from 'node:path';
import { describe, EngineError } from '../model/errors.ts';

/** What `sun_path` holds less the closing zero (unix(7): 108; 104 on macOS and the BSDs). */
const PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * The path to bind or connect to: as it is or, where that is too long, from the working directory.
 * Throws `E_CONTROL_PATH`.
 */
export function socketAddress(path: string): string {
  const whole = resolve(path);
  // A name such as `.5` alone would be taken for the number of a port.
  const short = [whole, `./${relative('', whole)}`].find((each) => Buffer.byteLength(each) <= PATH_BYTES_MAX);
  if (short !== undefined) return short;
  const bytes = Buffer.byteLength(whole);
  const message = `the path of the control socket has ${bytes} bytes, and a Unix socket takes ${PATH_BYTES_MAX} at most: ${path}`;
  throw new EngineError('E_CONTROL_PATH', message);
}

/** Whether a process listens there; a stopped one does. Rejects with `E_CONTROL_LISTEN` when it cannot be told. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((tell, reject) => {
    const socket = createConnection(socketAddress(path));
    socket.once('connect', () => {
      socket.destroy();
      tell(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: so many wait for it already that the system keeps no more.
      if (error.code === 'EAGAIN') tell(true);
      else if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') tell(false);
      else reject(new EngineError('E_CONTROL_LISTEN', `${path} cannot be looked at: ${describe(error)}`));
    });
  });
}
