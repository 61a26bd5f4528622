// Prometheus' HTTP API, as much of it as dashboards ask for.
import type { Series } from './scene';
import { Trouble } from './trouble';

interface Vector {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

export class Prometheus {
  constructor(private readonly url: string) {}

  /** The value of `expr` at `time` (Unix seconds), one sample a series. */
  async instant(expr: string, time: number): Promise<Series[]> {
    return this.query('query', { query: expr, time: String(time) });
  }

  /**
   * `expr` from `from` to `to` (Unix seconds), each `step` seconds; aligned to the step, as Grafana
   * does.
   */
  async range(expr: string, from: number, to: number, step: number): Promise<Series[]> {
    const aligned = (time: number) => String(Math.floor(time / step) * step);
    return this.query('query_range', {
      query: expr,
      start: aligned(from),
      end: aligned(to),
      step: String(step),
    });
  }

  /**
   * The values of `label`, of the series that `selector` names (of all, if it is empty), within the
   * range.
   */
  async labelValues(label: string, selector: string, from: number, to: number): Promise<string[]> {
    const match: Record<string, string> = selector ? { 'match[]': selector } : {};
    const query = new URLSearchParams({ ...match, start: String(from), end: String(to) });
    return (await this.ask(`label/${encodeURIComponent(label)}/values?${query}`)) as string[];
  }

  private async query(kind: string, parameters: Record<string, string>): Promise<Series[]> {
    const answer = await this.ask(kind, new URLSearchParams(parameters));
    const { resultType, result } = answer as { resultType: string; result: unknown };
    if (resultType === 'scalar') return [{ metric: {}, values: [result as [number, string]] }];
    if (resultType === 'string')
      throw new Trouble('the query gives a string, which no panel can show');
    return (result as Vector[]).map(({ metric, value, values }) => ({
      metric,
      values: values ?? (value ? [value] : []),
    }));
  }

  private async ask(path: string, body?: URLSearchParams): Promise<unknown> {
    const url = `${this.url.replace(/\/$/, '')}/api/v1/${path}`;
    let response: Response;
    try {
      response = await fetch(url, body ? { method: 'POST', body } : {});
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message || message : message;
      throw new Trouble(
        `no Prometheus at ${this.url} (${why}); start one, or name it with --prometheus`,
      );
    }
    const text = await response.text();
    try {
      const answer = JSON.parse(text) as { status: string; data?: unknown; error?: string };
      if (answer.status === 'success') return answer.data;
      throw new Trouble(answer.error ?? `status ${response.status}`);
    } catch (error) {
      if (error instanceof Trouble) throw error;
      throw new Trouble(`${url} answered ${response.status} and no JSON; is it a Prometheus?`);
    }
  }
}
