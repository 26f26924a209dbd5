/** The call tree: sums, the heaviest path, limits. Frames are single letters, outermost first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CallTree, type TreeFrame } from '../../../../src/analysis/lag/call-tree.ts';

const LETTERS = 'abcdef';

function path(stack: string): TreeFrame[] {
  return stack.split('').map((letter) => ({ key: LETTERS.indexOf(letter), id: LETTERS.indexOf(letter) }));
}

function treeOf(stacks: readonly (readonly [string, number])[], nodesMax = 1000): CallTree {
  const tree = new CallTree(nodesMax);
  for (const [stack, weight] of stacks) tree.add(path(stack), weight);
  return tree;
}

function heaviest(tree: CallTree): string {
  return tree
    .heaviestPath((key) => LETTERS.charAt(key))
    .map(({ key, totalUs, selfUs }) => `${LETTERS.charAt(key)} ${String(totalUs)}/${String(selfUs)}`)
    .join(', ');
}

/** The tree as text that does not depend on the order in which nodes were made. */
function shapeOf(tree: CallTree): string[] {
  const names = new Map<number, string>([[0, '']]);
  return [...tree.nodes()]
    .map(({ node, parent, key, line, totalUs, selfUs }) => {
      const name = `${names.get(parent) ?? '?'}${LETTERS.charAt(key)}`;
      names.set(node, name);
      return `${name} ${String(line)} ${String(totalUs)} ${String(selfUs)}`;
    })
    .sort();
}

const stacks = fc.array(
  fc.tuple(
    fc.array(fc.constantFrom(...LETTERS.split('')), { maxLength: 8 }).map((letters) => letters.join('')),
    fc.nat(1_000_000),
  ),
  { maxLength: 40 },
);

test('the heaviest path follows the child with the most time', () => {
  const tree = treeOf([
    ['abc', 10],
    ['abd', 30],
    ['ae', 35],
  ]);

  const found = heaviest(tree);

  assert.equal(found, 'a 75/0, b 40/0, d 30/30');
});

test('the heaviest path ends where a frame itself outweighs each of its callees', () => {
  const tree = treeOf([
    ['ab', 20],
    ['abc', 15],
    ['abd', 15],
  ]);

  const found = heaviest(tree);

  assert.equal(found, 'a 50/0, b 50/20');
});

test('of equally heavy children the one sampled more often, then the first by name, is followed', () => {
  const byHits = treeOf([
    ['ab', 10],
    ['ac', 5],
    ['ac', 5],
  ]);
  const byName = treeOf([
    ['ac', 10],
    ['ab', 10],
  ]);

  const found = [heaviest(byHits), heaviest(byName)];

  assert.deepEqual(found, ['a 20/0, c 10/10', 'a 20/0, b 10/10']);
});

test('samples without weight still make a path, by how often they came', () => {
  const tree = treeOf([
    ['ab', 0],
    ['ac', 0],
    ['ac', 0],
  ]);

  const found = heaviest(tree);

  assert.equal(found, 'a 0/0, c 0/0');
});

test('a recursion is as deep as it was sampled', () => {
  const tree = treeOf([['aaaa', 1]]);

  const found = heaviest(tree);

  assert.equal(found, 'a 1/0, a 1/0, a 1/0, a 1/1');
});

test('a frame sampled at two places of one method keeps no place', () => {
  const tree = new CallTree(10);
  tree.add(
    [
      { key: 0, id: 7 },
      { key: 1, id: 8 },
    ],
    1,
  );
  tree.add(
    [
      { key: 0, id: 9 },
      { key: 1, id: 8 },
    ],
    1,
  );

  const lines = [...tree.nodes()].map(({ line }) => line);

  assert.deepEqual(lines, [-1, 8]);
});

test('past the limit of nodes a stack weighs on the last node there is room for, and is counted', () => {
  const tree = treeOf(
    [
      ['abc', 5],
      ['abd', 7],
      ['ef', 9],
    ],
    3,
  );

  const sum = [...tree.nodes()].reduce((total, { selfUs }) => total + selfUs, tree.rootSelfUs);

  assert.equal(tree.size, 3);
  assert.equal(tree.cut, 2);
  assert.equal(sum, 21);
});

test('the self weights of all nodes add up to the weight of all stacks, whatever the limit', () => {
  fc.assert(
    fc.property(stacks, fc.integer({ min: 1, max: 30 }), (list, nodesMax) => {
      const tree = treeOf(list, nodesMax);

      const sum = [...tree.nodes()].reduce((total, { selfUs }) => total + selfUs, tree.rootSelfUs);

      assert.equal(
        sum,
        list.reduce((total, [, weight]) => total + weight, 0),
      );
      assert.ok(tree.size <= nodesMax);
    }),
  );
});

test('a total is the node’s own weight and the totals of its children', () => {
  fc.assert(
    fc.property(stacks, (list) => {
      const nodes = [...treeOf(list).nodes()];

      for (const { node, totalUs, selfUs } of nodes) {
        const below = nodes
          .filter(({ parent }) => parent === node)
          .reduce((sum, child) => sum + child.totalUs, 0);
        assert.equal(totalUs, selfUs + below);
      }
    }),
  );
});

test('the order of stacks changes neither the tree nor its heaviest path', () => {
  fc.assert(
    fc.property(
      stacks.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      ),
      ([list, shuffled]) => {
        const one = treeOf(list);
        const other = treeOf(shuffled);

        assert.deepEqual(shapeOf(one), shapeOf(other));
        assert.equal(heaviest(one), heaviest(other));
      },
    ),
  );
});

test('a stack of a million frames overflows nothing', () => {
  const tree = new CallTree(10_000);

  tree.add(
    Array.from({ length: 1_000_000 }, () => ({ key: 1, id: 1 })),
    3,
  );

  assert.equal(tree.heaviestPath(() => 'f').length, 10_000);
  assert.equal(tree.cut, 1);
});
