import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate, timeScope, type Chosen } from '../src/interpolate';

const scope = new Map<string, Chosen>([
  ['job', { values: ['upbit-monitor'], many: false }],
  ['target', { values: ['korea', 'singapore'], many: true }],
  ['market', { values: ['KRW-BTC.x'], many: true }],
  ['all', { values: ['a', 'b'], many: true, pattern: '.+' }],
]);

const CASES: [text: string, result: string][] = [
  ['up{job="$job"}', 'up{job="upbit-monitor"}'],
  [
    'up{job="${job}", target=~"[[target]]"}',
    'up{job="upbit-monitor", target=~"(korea|singapore)"}',
  ],
  // A lone value needs no parentheses; its point is escaped for a regular expression in a string.
  ['{market=~"$market"}', '{market=~"KRW-BTC\\\\.x"}'],
  ['${market:regex}', 'KRW-BTC\\.x'],
  [
    '${target:regex} ${target:pipe} ${target:csv}',
    '(korea|singapore) korea|singapore korea,singapore',
  ],
  ['{a=~"$all"}', '{a=~".+"}'],
  ['$unknown ${unknown:csv}', '$unknown ${unknown:csv}'],
];

for (const [text, result] of CASES) {
  test(`${text} becomes ${result}`, () => assert.equal(interpolate(text, scope), result));
}

test('text for people has no escapes', () => {
  assert.equal(interpolate('$target: $market', scope, 'text'), 'korea + singapore: KRW-BTC.x');
});

test('an unknown format is an error', () => {
  assert.throws(() => interpolate('${job:sql}', scope), /\$\{job:sql\}: no such format/);
});

const INTERVALS: [interval: number, scrape: number, expected: string][] = [
  // Four scrapes at least, and a scrape more than the interval: what Grafana's documentation says.
  [5, 15, '60s'],
  [60, 15, '75s'],
  [0.5, 5, '20s'],
];
for (const [interval, scrape, expected] of INTERVALS) {
  test(`$__rate_interval at a step of ${interval} s and a scrape each ${scrape} s is ${expected}`, () => {
    const times = timeScope(new Map(), 3600, interval, scrape);
    assert.equal(interpolate('$__rate_interval', times), expected);
    assert.equal(interpolate('$__range ${__range_ms}', times), '3600s 3600000');
  });
}
