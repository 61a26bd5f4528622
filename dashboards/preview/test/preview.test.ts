// The command itself, on a dashboard with every kind of panel. Needs Chromium: tools/preview-setup
// brings it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fakePrometheus, type Fake } from './prometheus';

const HOME = path.join(__dirname, '..');
const FIXTURE = path.join(__dirname, 'fixture.json');
let folder: string;
let prometheus: Fake;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'preview-test-'));
  prometheus = await fakePrometheus();
});
after(() => {
  prometheus.close();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function preview(...args: string[]): Promise<Outcome> {
  // From another folder, since whoever calls it stands where they like.
  const child = spawn(
    path.join(HOME, 'node_modules/.bin/tsx'),
    [path.join(HOME, 'src/cli.ts'), 'preview', ...args],
    { cwd: folder },
  );
  const outcome: Outcome = { code: null, out: '', err: '' };
  child.stdout.on('data', (data) => (outcome.out += String(data)));
  child.stderr.on('data', (data) => (outcome.err += String(data)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...outcome, code })));
}

const RANGE = ['--from', '1700000000', '--to', '1700000600'];

test('every kind of panel is drawn', async () => {
  const out = path.join(folder, 'whole');
  const { code, err } = await preview(
    '--prometheus',
    prometheus.url,
    '--out',
    out,
    ...RANGE,
    '--var',
    'target=korea',
    FIXTURE,
  );
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(out), ['fixture.png']);
  const picture = readFileSync(path.join(out, 'fixture.png'));
  // The size stands in the PNG's header; the height is that of the grid: 1 row opened by 4, and 12
  // below it.
  assert.equal(picture.readUInt32BE(16), 1920);
  assert.equal(picture.readUInt32BE(20), 112 + 17 * 38 - 8 + 16);
  assert.ok(prometheus.queries.includes('rate(requests[60s])'));
});

test('a panel with an error and a panel without data are told, and the exit code says so', async () => {
  const text = readFileSync(FIXTURE, 'utf8').replace(
    '"expr": "rate(requests[$__rate_interval])"',
    '"expr": "broken"',
  );
  const file = path.join(folder, 'sick.json');
  writeFileSync(
    file,
    text.replace('"expr": "up", "legendFormat"', '"expr": "absent", "legendFormat"'),
  );
  const { code, err } = await preview(
    '--prometheus',
    prometheus.url,
    '--out',
    folder,
    ...RANGE,
    file,
  );
  assert.equal(code, 1);
  const lines = err.trim().split('\n');
  assert.equal(lines.length, 2, err);
  assert.match(String(lines[0]), /panel 3 "Time series": A: parse error: broken$/);
  assert.match(String(lines[1]), /panel 4 "Stat": No data$/);
});

const WRONG: [args: string[], code: number, message: RegExp][] = [
  [['--out', 'x', FIXTURE], 2, /needs --prometheus URL and --out FOLDER/],
  [
    ['--prometheus', 'http://127.0.0.1:9', '--out', 'x', '--var', 'region=kr', FIXTURE],
    2,
    /--var region: no such variable; there are datasource, target/,
  ],
  [
    ['--prometheus', 'http://127.0.0.1:9', '--out', 'x', '--minutes', 'ten', FIXTURE],
    2,
    /--minutes: "ten" is not a number/,
  ],
  [
    ['--prometheus', 'http://127.0.0.1:9', '--out', 'x', 'nowhere.json'],
    2,
    /nowhere\.json: no such file or folder/,
  ],
  [
    ['--prometheus', 'http://127.0.0.1:9', '--out', 'x', FIXTURE],
    1,
    /^no Prometheus at http:\/\/127\.0\.0\.1:9 .*name it with --prometheus\n$/,
  ],
  [['--prometheus', 'http://127.0.0.1:9', '--out', 'x', '--lite', FIXTURE], 2, /--lite/],
];
for (const [args, expected, message] of WRONG) {
  test(`${args.join(' ')} is refused in words`, async () => {
    const { code, err } = await preview(...args);
    assert.equal(code, expected);
    assert.match(err, message);
    assert.doesNotMatch(err, /^ +at /m);
  });
}
