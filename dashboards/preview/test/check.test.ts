import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { check } from '../src/check';

const text = readFileSync(path.join(__dirname, 'fixture.json'), 'utf8');
/** The fixture with one piece of its text exchanged. */
function altered(old: string, fresh: string): unknown {
  assert.equal(text.split(old).length, 2, `${old} must stand once in the fixture`);
  return JSON.parse(text.replace(old, () => fresh));
}

// Each mistake, and what the one complaint about it must name.
const MISTAKES: [name: string, dashboard: unknown, place: RegExp, word: RegExp][] = [
  [
    'an option that the panel lacks',
    altered('"mergeValues"', '"mergeValue"'),
    /panel 6 "State timeline"/,
    /mergeValue/,
  ],
  [
    'an option of another panel',
    altered('"displayMode": "lcd"', '"colorMode": "value"'),
    /panel 5 "Bar gauge"/,
    /colorMode/,
  ],
  [
    'a value that the option lacks',
    altered('"colorMode": "background"', '"colorMode": "backdrop"'),
    /panel 4 "Stat"/,
    /backdrop/,
  ],
  [
    'an option of the wrong type',
    altered('"rowHeight": 0.9', '"rowHeight": "0.9"'),
    /panel 6/,
    /rowHeight/,
  ],
  ['an incomplete option', altered('"placement": "bottom", ', ''), /panel 3/, /placement/],
  [
    'a custom field option that is not there',
    altered('"drawStyle"', '"drawstyle"'),
    /panel 3/,
    /drawstyle/,
  ],
  [
    'a custom field option of a table',
    altered('"align": "left"', '"align": "middle"'),
    /panel 7 "Table"/,
    /middle/,
  ],
  [
    'an override of nothing',
    altered('custom.lineWidth', 'custom.width'),
    /panel 3/,
    /custom\.width/,
  ],
  ['an override of the wrong type', altered('"value": 2 }', '"value": "2" }'), /panel 3/, /string/],
  ['a matcher that is not there', altered('"byName"', '"byname"'), /panel 3/, /byname/],
  [
    'a transformation that is not there',
    altered('"organize"', '"organise"'),
    /panel 7/,
    /organise/,
  ],
  [
    'a query option that is not there',
    altered(
      '"legendFormat": "{{target}}" }],\n      "options"',
      '"legend": "{{target}}" }],\n      "options"',
    ),
    /panel 3/,
    /legend/,
  ],
  ['a panel inside a row', altered('"content"', '"contents"'), /panel 2 "Text"/, /contents/],
  ['a variable', altered('"multi": true', '"multiple": true'), /dashboard: at/, /multiple/],
  [
    'the dashboard itself',
    altered('"schemaVersion": 42', '"schemaVersion": "42"'),
    /dashboard: at/,
    /schemaVersion/,
  ],
];

test('the fixture is without mistake', () => {
  assert.deepEqual(check(new Map([['dashboard', JSON.parse(text)]])), []);
});

test('each mistake is found, once, with its place', () => {
  const dashboards = new Map(
    MISTAKES.map(([name, dashboard]) => [`${name} / dashboard`, dashboard]),
  );
  const complaints = check(dashboards);
  for (const [name, , place, word] of MISTAKES) {
    const mine = complaints.filter((complaint) => complaint.startsWith(`${name} / `));
    assert.equal(mine.length, 1, `${name}: ${mine.join('\n')}`);
    assert.match(String(mine[0]), place);
    assert.match(String(mine[0]), word);
  }
});

test('a type of panel that cannot be drawn is refused with those that can', () => {
  const dashboard = altered('"type": "bargauge"', '"type": "gauge"');
  assert.throws(
    () => check(new Map([['dashboard', dashboard]])),
    /panel 5 "Bar gauge".*"gauge"; use one of bargauge/,
  );
});
