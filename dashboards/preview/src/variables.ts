// Which values a dashboard's variables have: those asked for, else the current ones, else Grafana's
// choice.
import type { Variable } from './dashboard';
import { interpolate, type Chosen, type Scope } from './interpolate';
import type { Prometheus } from './prometheus';
import type { Selector } from './scene';
import { Trouble } from './trouble';

const ALL = '$__all';
const list = (value: unknown): string[] =>
  value === undefined
    ? []
    : (Array.isArray(value) ? value : [value]).map(String).filter((one) => one !== '');

export interface Range {
  /** Unix seconds. */
  from: number;
  to: number;
}

export interface Resolved {
  scope: Scope;
  selectors: Selector[];
  /** Variables whose query gives nothing, or fails. */
  troubles: string[];
}

/** Resolves the variables in their order, since one may speak of those before it. */
export async function resolve(
  variables: Variable[],
  asked: ReadonlyMap<string, string[]>,
  prometheus: Prometheus,
  range: Range,
): Promise<Resolved> {
  const scope = new Map<string, Chosen>();
  const selectors: Selector[] = [];
  const troubles: string[] = [];
  for (const variable of variables) {
    let options: string[] = [];
    try {
      options = await optionsOf(variable, scope, prometheus, range);
      if (!options.length) troubles.push(`variable ${variable.name}: its query gives no value`);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      troubles.push(`variable ${variable.name}: ${error.message}`);
    }
    const { chosen, text } = choose(variable, asked.get(variable.name), options);
    scope.set(variable.name, chosen);
    if (!variable.hide || variable.hide === 1) {
      selectors.push({ label: variable.hide ? '' : variable.label || variable.name, text });
    }
  }
  return { scope, selectors, troubles };
}

function choose(
  variable: Variable,
  asked: string[] | undefined,
  options: string[],
): { chosen: Chosen; text: string } {
  const many = Boolean(variable.multi || variable.includeAll);
  const current = list(variable.current?.value);
  const fallback = variable.includeAll ? [ALL] : options.slice(0, 1);
  const wanted = asked ?? (current.length && variable.type !== 'datasource' ? current : fallback);
  if (!wanted.includes(ALL)) return { chosen: { values: wanted, many }, text: wanted.join(' + ') };
  if (variable.allValue)
    return { chosen: { values: options, many, pattern: variable.allValue }, text: 'All' };
  return { chosen: { values: options.length ? options : ['.*'], many }, text: 'All' };
}

async function optionsOf(
  variable: Variable,
  scope: Scope,
  prometheus: Prometheus,
  range: Range,
): Promise<string[]> {
  const { query } = variable;
  const text = typeof query === 'string' ? query : String(query?.query ?? '');
  switch (variable.type) {
    case 'query':
      return arrange(variable, await ask(interpolate(text, scope), prometheus, range));
    case 'custom':
    case 'interval':
      return text.split(',').map((option) => option.split(' : ').at(-1)?.trim() ?? '');
    case 'constant':
    case 'textbox':
      return [text];
    case 'datasource':
      return ['Prometheus'];
    default:
      throw new Trouble(`the preview does not know variables of type ${variable.type}`);
  }
}

async function ask(query: string, prometheus: Prometheus, { from, to }: Range): Promise<string[]> {
  const labels = /^\s*label_values\((?:(.*),)?\s*([\w:]+)\s*\)\s*$/s.exec(query);
  if (labels) return prometheus.labelValues(String(labels[2]), labels[1]?.trim() ?? '', from, to);
  const metrics = /^\s*metrics\((.*)\)\s*$/s.exec(query);
  if (metrics) return prometheus.labelValues('__name__', `{__name__=~"${metrics[1]}"}`, from, to);
  const result = /^\s*query_result\((.*)\)\s*$/s.exec(query);
  if (!result)
    throw new Trouble(`"${query}" is none of label_values(), metrics() and query_result()`);
  const series = await prometheus.instant(String(result[1]), to);
  return series.map(({ metric: { __name__ = '', ...labels }, values }) => {
    const inside = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
    const [seconds, value] = values[0] ?? [0, ''];
    return `${__name__}{${inside.join(',')}} ${value} ${Math.round(seconds * 1000)}`;
  });
}

/** Grafana's filter (`regex`, its first group if it has one) and order. */
function arrange(variable: Variable, values: string[]): string[] {
  const [, pattern, flags] = /^\/(.*)\/(\w*)$/s.exec(variable.regex ?? '') ?? [];
  const regex =
    variable.regex && new RegExp(pattern ?? `^${variable.regex}$`, flags?.replace('g', ''));
  const kept = regex
    ? values.flatMap((value) => {
        const match = regex.exec(value);
        return match ? [match[1] ?? match[0]] : [];
      })
    : values;
  const unique = [...new Set(kept)];
  const order = variable.sort ?? 0;
  if (order > 0)
    unique.sort(new Intl.Collator('en', { numeric: [3, 4, 7, 8].includes(order) }).compare);
  return [2, 4, 6, 8].includes(order) ? unique.reverse() : unique;
}
