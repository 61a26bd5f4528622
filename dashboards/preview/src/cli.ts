// The command line: check-types and preview. Exit codes: 0 all is well, 1 something is not, 2 wrong
// usage.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { check } from './check';
import { compose, type Wish } from './compose';
import type { Dashboard } from './dashboard';
import { Prometheus } from './prometheus';
import { Studio } from './shoot';
import { Trouble } from './trouble';

const USAGE = `Usage:
  check-types [DASHBOARD.json | FOLDER]...
      Checks dashboards against Grafana's types. Without a name: the folder above this one.
  preview --prometheus URL --out FOLDER [options] [DASHBOARD.json | FOLDER]...
      Draws dashboards with Grafana's components, one picture each: FOLDER/<uid>.png
      --minutes N               the last N minutes (30)
      --from N --to N           or from one Unix second to another
      --var [UID/]NAME=VALUE    a variable's value, of one dashboard or of all that have it;
                                repeat it for several values
      --scrape-interval N       the data source's scrape interval in seconds (15)
      --light                   the light theme
  Exits 1 and tells every panel that has an error or no data.`;

class Usage extends Trouble {}

async function files(names: string[]): Promise<string[]> {
  const given = names.length ? names : [path.join(__dirname, '../..')];
  const found = await Promise.all(
    given.map(async (name) => {
      const folder = await stat(name)
        .then((one) => one.isDirectory())
        .catch(() => {
          throw new Usage(`${name}: no such file or folder`);
        });
      if (!folder) return [name];
      return (await readdir(name))
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => path.join(name, file));
    }),
  );
  if (!found.flat().length) throw new Usage(`no dashboard (*.json) in ${given.join(', ')}`);
  return found.flat();
}

async function load(names: string[]): Promise<Map<string, unknown>> {
  const read = async (file: string): Promise<[string, unknown]> => {
    try {
      return [path.relative('.', file), JSON.parse(await readFile(file, 'utf8'))];
    } catch (error) {
      throw new Trouble(`${file}: ${(error as Error).message}`);
    }
  };
  return new Map(await Promise.all((await files(names)).map(read)));
}

async function checkTypes(args: string[]): Promise<string[]> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const dashboards = await load(positionals);
  const mistakes = check(dashboards);
  if (!mistakes.length) console.log(`${dashboards.size} dashboards are what Grafana's types say`);
  return mistakes;
}

async function preview(args: string[]): Promise<string[]> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      prometheus: { type: 'string' },
      out: { type: 'string' },
      minutes: { type: 'string', default: '30' },
      from: { type: 'string' },
      to: { type: 'string' },
      var: { type: 'string', multiple: true, default: [] },
      'scrape-interval': { type: 'string', default: '15' },
      light: { type: 'boolean', default: false },
    },
  });
  const { prometheus, out } = values;
  if (!prometheus || !out) throw new Usage('preview needs --prometheus URL and --out FOLDER');
  const to = values.to === undefined ? Math.floor(Date.now() / 1000) : number('--to', values.to);
  const from =
    values.from === undefined
      ? to - 60 * number('--minutes', values.minutes)
      : number('--from', values.from);
  if (from >= to) throw new Usage('--from must be before --to');
  const wish: Omit<Wish, 'variables'> = {
    prometheus: new Prometheus(prometheus),
    range: { from, to },
    scrape: number('--scrape-interval', values['scrape-interval']),
    theme: values.light ? 'light' : 'dark',
  };
  const dashboards = (await load(positionals)) as Map<string, Dashboard>;
  const mistakes = check(dashboards);
  if (mistakes.length) return mistakes;
  const asked = values.var.map(parseVariable);
  refuseUnknown(asked, [...dashboards.values()]);
  // Said once, not once a panel.
  await wish.prometheus.instant('1', to);
  await mkdir(out, { recursive: true });
  const studio = await Studio.open();
  const troubles: string[] = [];
  try {
    for (const [file, dashboard] of dashboards) {
      const { scene, troubles: early } = await compose(dashboard, {
        ...wish,
        variables: wanted(asked, dashboard),
      });
      const { picture, troubles: late } = await studio.shoot(scene);
      const target = path.join(out, `${dashboard.uid}.png`);
      await writeFile(target, picture);
      console.log(`${file} -> ${target}`);
      troubles.push(...[...early, ...late].map((trouble) => `${file}: ${trouble}`));
    }
  } finally {
    await studio.close();
  }
  return troubles;
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Usage(`${option}: "${text}" is not a number above 0`);
  return value;
}

interface Asked {
  uid?: string;
  name: string;
  value: string;
}

function parseVariable(text: string): Asked {
  const [, uid, name, value] = /^(?:([\w-]+)\/)?(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new Usage(`--var "${text}" is not [UID/]NAME=VALUE`);
  return { uid, name, value };
}

const names = ({ templating }: Dashboard) => (templating?.list ?? []).map(({ name }) => name);
const speaksOf = ({ uid, name }: Asked, dashboard: Dashboard) =>
  (uid === undefined || uid === dashboard.uid) && names(dashboard).includes(name);

function refuseUnknown(asked: Asked[], dashboards: Dashboard[]): void {
  const lost = asked.find((one) => !dashboards.some((dashboard) => speaksOf(one, dashboard)));
  if (!lost) return;
  const known = [...new Set(dashboards.flatMap(names))].join(', ');
  throw new Usage(
    `--var ${lost.uid ? `${lost.uid}/` : ''}${lost.name}: no such variable; ` +
      `there are ${known || 'none'}`,
  );
}

function wanted(asked: Asked[], dashboard: Dashboard): Map<string, string[]> {
  const chosen = new Map<string, string[]>();
  for (const { name, value } of asked.filter((one) => speaksOf(one, dashboard))) {
    chosen.set(name, [...(chosen.get(name) ?? []), value]);
  }
  return chosen;
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  const commands: Record<string, (args: string[]) => Promise<string[]>> = {
    'check-types': checkTypes,
    preview,
  };
  const run = commands[command ?? ''];
  try {
    if (!run) throw new Usage(command ? `no command "${command}"` : 'which command?');
    const troubles = await run(args);
    troubles.forEach((trouble) => console.error(trouble));
    return troubles.length ? 1 : 0;
  } catch (error) {
    const usage =
      error instanceof Usage || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    if (!usage && !(error instanceof Trouble)) throw error;
    console.error(`${(error as Error).message}${usage ? `\n${USAGE}` : ''}`);
    return usage ? 2 : 1;
  }
}

void main().then((code) => (process.exitCode = code));
