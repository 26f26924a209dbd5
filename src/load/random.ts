/**
 * Seeded chance for the event generator: the same seed gives the same numbers on every machine.
 * Not for secrets, and not the engine's Random port (that one is real chance).
 */

/** Rounds thrown away so that near seeds give unlike streams; the number is PractRand's. */
const WARM_UP_ROUNDS = 15;

/**
 * Uniform numbers in [0, 1) with 32 bits each, by sfc32 (Chris Doty-Humphrey, PractRand 0.95:
 * three words of chaotic state and a counter). `seed` is a safe integer of at least 0.
 */
export function seededRandom(seed: number): () => number {
  let a = 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return (result >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) next();
  return next;
}
