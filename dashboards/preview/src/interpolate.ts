// Grafana's variables in text: $name, ${name}, ${name:format} and [[name]].
import { Trouble } from './trouble';

/**
 * A variable with the values that are chosen. `pattern` is what "All" means where the dashboard
 * says so.
 */
export interface Chosen {
  values: string[];
  many: boolean;
  pattern?: string;
}
export type Scope = ReadonlyMap<string, Chosen>;

const REFERENCE = /\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]|\$\{(\w+)(?::(\w+))?\}/g;

const escapePlain = (value: string) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
/** For a regular expression inside a string of PromQL, where a backslash must be doubled. */
const escapeInString = (value: string) =>
  value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
const either = (values: string[]) =>
  values.length === 1 ? String(values[0]) : `(${values.join('|')})`;

const FORMATS: Record<string, (values: string[], many: boolean) => string> = {
  promql: (values, many) =>
    many
      ? either(values.map(escapeInString))
      : values.join(',').replace(/\\/g, '\\\\').replace(/"/g, '\\"'),
  regex: (values) => either(values.map(escapePlain)),
  pipe: (values) => values.join('|'),
  csv: (values) => values.join(','),
  raw: (values) => values.join(','),
  text: (values) => values.join(' + '),
};

/** `text` with every variable of `scope` in place; an unknown one stays as it is, as in Grafana. */
export function interpolate(
  text: string,
  scope: Scope,
  usual: 'promql' | 'text' = 'promql',
): string {
  return text.replace(REFERENCE, (whole, plain, square, squareFormat, curly, curlyFormat) => {
    const chosen = scope.get(plain ?? square ?? curly);
    if (!chosen) return whole;
    const name = squareFormat ?? curlyFormat ?? usual;
    const format = FORMATS[name];
    if (!format) {
      throw new Trouble(
        `${whole}: no such format; the preview knows ${Object.keys(FORMATS).join(', ')}`,
      );
    }
    return chosen.pattern ?? format(chosen.values, chosen.many);
  });
}

/** Grafana's own variables for a query: all lengths of time in seconds. */
export function timeScope(scope: Scope, range: number, interval: number, scrape: number): Scope {
  const one = (value: string): Chosen => ({ values: [value], many: false });
  return new Map([
    ...scope,
    ['__range', one(`${Math.round(range)}s`)],
    ['__range_s', one(String(Math.round(range)))],
    ['__range_ms', one(String(Math.round(range * 1000)))],
    ['__interval', one(duration(interval))],
    ['__interval_ms', one(String(Math.round(interval * 1000)))],
    ['__rate_interval', one(duration(Math.max(interval + scrape, 4 * scrape)))],
  ]);
}

function duration(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`;
}
