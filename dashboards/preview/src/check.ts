// Are the dashboards what Grafana's types say? Each becomes TypeScript, which the compiler judges.
import path from 'node:path';
import ts from 'typescript';
import type { DashboardFrame } from './dashboard';
import { Trouble } from './trouble';

const HOME = path.join(__dirname, '..');
const TYPES: Record<string, string> = {
  bargauge: 'BarGaugePanel',
  row: 'RowPanel',
  stat: 'StatPanel',
  'state-timeline': 'StateTimelinePanel',
  table: 'TablePanel',
  text: 'TextPanel',
  timeseries: 'TimeSeriesPanel',
};

interface Piece {
  place: string;
  type: string;
  value: unknown;
}
interface Loose {
  id?: number;
  title?: string;
  type?: string;
  panels?: Loose[];
}

/**
 * The dashboard's frame, and each panel on its own. A panel inside a collapsed row is a piece, too.
 */
function pieces(
  file: string,
  { panels = [], ...frame }: DashboardFrame & { panels?: Loose[] },
): Piece[] {
  const ofPanel = (panel: Loose): Piece[] => {
    const place = `${file}: panel ${panel.id ?? '?'} "${panel.title ?? ''}"`;
    const type = TYPES[panel.type ?? ''];
    if (!type) {
      const known = Object.keys(TYPES).join(', ');
      throw new Trouble(
        `${place}: the preview does not know the type "${panel.type}"; use one of ${known}`,
      );
    }
    if (panel.type !== 'row') return [{ place, type, value: panel }];
    return [
      { place, type, value: { ...panel, panels: [] } },
      ...(panel.panels ?? []).flatMap(ofPanel),
    ];
  };
  return [{ place: file, type: 'DashboardFrame', value: frame }, ...panels.flatMap(ofPanel)];
}

/** Every mistake in these dashboards (parsed JSON by the name of its file), as one line each. */
export function check(dashboards: Map<string, unknown>): string[] {
  const all = [...dashboards].flatMap(([file, json]) => pieces(file, json as DashboardFrame));
  const sources = new Map(
    all.map(({ type, value }, index) => [
      path.join(HOME, 'src', `piece-${index}.ts`),
      `import type { ${type} } from './dashboard';\n` +
        `export const piece: ${type} = ${JSON.stringify(value, null, 1)};\n`,
    ]),
  );
  const config = path.join(HOME, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    HOME,
    {},
    config,
  );
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => HOME;
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => sources.has(path.normalize(name)) || fileExists(name);
  host.readFile = (name) => sources.get(path.normalize(name)) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = sources.get(path.normalize(name));
    return text === undefined
      ? getSourceFile(name, target, ...rest)
      : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const places = new Map([...sources.keys()].map((name, index) => [name, all[index]?.place]));
  return ts.getPreEmitDiagnostics(program).map((mistake) => {
    const name = path.normalize(mistake.file?.fileName ?? '');
    const where = mistake.file?.getLineAndCharacterOfPosition(mistake.start ?? 0);
    const line = where && mistake.file?.text.split('\n')[where.line]?.trim();
    const what = ts.flattenDiagnosticMessageText(mistake.messageText, ' ').replace(/\s+/g, ' ');
    return `${places.get(name) ?? name}: at ${line}: ${what}`;
  });
}
