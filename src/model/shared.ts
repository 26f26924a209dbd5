/**
 * Lists that many results share, because they were made once: what one makes of such a list may be kept
 * with it. They and what is in them never change.
 */

const SHARED = new WeakSet<readonly object[]>();

/** Makes it one of them: it is frozen, and its maker promises that nobody changes its items. */
export function share<List extends readonly object[]>(list: List): Readonly<List> {
  SHARED.add(list);
  return Object.freeze(list);
}

/** Whether it is one of them. */
export function isShared(list: readonly object[]): boolean {
  return SHARED.has(list);
}
