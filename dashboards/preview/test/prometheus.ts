// An HTTP server that answers as Prometheus does, from the name that a query contains.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const TARGETS = ['korea', 'singapore'];

async function parametersOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body || new URL(request.url ?? '', 'http://localhost').search);
}

function answer(path: string, parameters: URLSearchParams): object {
  if (path.endsWith('/values')) return { status: 'success', data: TARGETS };
  const query = parameters.get('query') ?? '';
  if (query.includes('broken')) return { status: 'error', error: 'parse error: broken' };
  const metrics = query.includes('absent') ? [] : TARGETS.map((target) => ({ target }));
  if (path.endsWith('/query')) {
    const value = [Number(parameters.get('time')), '1'];
    return {
      status: 'success',
      data: { resultType: 'vector', result: metrics.map((metric) => ({ metric, value })) },
    };
  }
  const [start, end, step] = ['start', 'end', 'step'].map((name) =>
    Number(parameters.get(name)),
  ) as [number, number, number];
  const moments = Array.from(
    { length: Math.floor((end - start) / step) + 1 },
    (_, index) => start + index * step,
  );
  const values = moments.map((moment) => [moment, String(moment % 3)]);
  return {
    status: 'success',
    data: { resultType: 'matrix', result: metrics.map((metric) => ({ metric, values })) },
  };
}

export interface Fake {
  url: string;
  /** Every query it was asked, in order. */
  queries: string[];
  close: () => void;
}

export async function fakePrometheus(): Promise<Fake> {
  const queries: string[] = [];
  const server = createServer((request, response) => {
    void parametersOf(request).then((parameters) => {
      queries.push(parameters.get('query') ?? '');
      response.end(
        JSON.stringify(answer(new URL(request.url ?? '', 'http://localhost').pathname, parameters)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries, close };
}
