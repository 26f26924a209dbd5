/** Rounds that alternate their direction, so that what drifts meanwhile harms no item more than another. Pure. */

/** Items there, then back, then there again; the round of each beside it. */
export function thereAndBack<Item>(
  items: readonly Item[],
  rounds: number,
): readonly { readonly round: number; readonly item: Item }[] {
  return Array.from({ length: rounds }, (_, round) =>
    (round % 2 === 0 ? items : items.toReversed()).map((item) => ({ round, item })),
  ).flat();
}
