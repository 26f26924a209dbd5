import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate, fillTemplate } from '../../../src/load/template.ts';

test('a filled template is the JSON of the event with its values in place', () => {
  const template = compileTemplate(
    { id: '{{id}}', n: '{{#n}}', text: 'a "{{id}}"\n{{id}}', list: ['{{id}}'] },
    ['id', 'n'],
  );

  const json = fillTemplate(template, { id: 'x', n: 12 });

  assert.deepEqual(JSON.parse(json), { id: 'x', n: 12, text: 'a "x"\nx', list: ['x'] });
});

test('a slot that nobody fills is refused when the template is made', () => {
  assert.throws(() => compileTemplate('{{nobody}}', ['id']), /nobody/);
});
