// Prometheus' answers as Grafana's data frames, with the panel's transformations and field options
// applied.
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  displayNameOverrideProcessor,
  FieldType,
  identityOverrideProcessor,
  Registry,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
  type DataFrame,
  type DataTransformerConfig,
  type Field,
  type FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import type { Panel } from '../dashboard';
import type { Answer, Series } from '../scene';

// One transformer stands in Grafana's list under two names.
standardTransformersRegistry.setInit(() =>
  [...new Set(Object.values(standardTransformers))].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation: () => Promise.resolve(transformation),
    editor: () => null,
    imageDark: '',
    imageLight: '',
  })),
);

/** What the plugin takes where the panel says nothing, of the options that alter the picture. */
const CUSTOM_DEFAULTS: Partial<Record<Panel['type'], object>> = {
  timeseries: {
    axisBorderShow: false,
    axisColorMode: 'text',
    axisPlacement: 'auto',
    barAlignment: 0,
    barWidthFactor: 0.6,
    drawStyle: 'line',
    fillOpacity: 0,
    gradientMode: 'none',
    lineInterpolation: 'linear',
    lineWidth: 1,
    pointSize: 5,
    showPoints: 'auto',
    spanNulls: false,
    stacking: { group: 'A', mode: 'none' },
    thresholdsStyle: { mode: 'off' },
  },
  'state-timeline': { fillOpacity: 70, lineWidth: 0 },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
};
const DEFAULT_COLOR: Partial<Record<Panel['type'], string>> = {
  timeseries: 'palette-classic',
};
const STANDARD = [
  'unit',
  'min',
  'max',
  'decimals',
  'displayName',
  'description',
  'noValue',
  'color',
  'thresholds',
];
const OTHERS = ['mappings', 'links', 'filterable', 'fieldMinMax', 'actions'];

export async function prepare(
  panel: Panel,
  answers: Answer[],
  theme: GrafanaTheme2,
  timeZone: string,
): Promise<DataFrame[]> {
  const several = answers.length > 1;
  const frames = answers.flatMap((answer) =>
    answer.target.format === 'table'
      ? toTable(answer, several)
      : answer.series.map((one) => toFrame(answer, one)),
  );
  const transformations = (panel.transformations ?? []) as DataTransformerConfig[];
  const transformed = transformations.length
    ? await firstValueFrom(transformDataFrame(transformations, frames))
    : frames;
  const styled = applyFieldOverrides({
    data: transformed,
    fieldConfig: withDefaults(panel),
    fieldConfigRegistry: registryFor(panel),
    replaceVariables: (text) => text,
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(styled);
  return styled;
}

function withDefaults(panel: Panel): FieldConfigSource {
  const { defaults, overrides } = (panel.fieldConfig ?? {
    defaults: {},
    overrides: [],
  }) as FieldConfigSource;
  const thresholds = defaults.thresholds ?? {
    mode: 'absolute',
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 80, color: 'red' },
    ],
  };
  const steps = thresholds.steps.map((step, index) =>
    index ? step : { ...step, value: -Infinity },
  );
  return {
    defaults: {
      ...defaults,
      color: defaults.color ?? { mode: DEFAULT_COLOR[panel.type] ?? 'thresholds' },
      thresholds: { ...thresholds, steps } as FieldConfigSource['defaults']['thresholds'],
      custom: { ...CUSTOM_DEFAULTS[panel.type], ...defaults.custom },
    },
    overrides,
  };
}

/**
 * Grafana asks a registry which field options there are; here they are those that the panel may
 * name.
 */
function registryFor(panel: Panel): FieldConfigOptionsRegistry {
  const { defaults, overrides } = withDefaults(panel);
  const overridden = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const custom = new Set([
    ...Object.keys(defaults.custom ?? {}),
    ...overridden.filter((id) => id.startsWith('custom.')).map((id) => id.slice('custom.'.length)),
  ]);
  const item = (path: string, isCustom: boolean): FieldConfigPropertyItem => ({
    id: isCustom ? `custom.${path}` : path,
    path,
    name: path,
    isCustom,
    settings: {},
    editor: () => null,
    override: () => null,
    process: path === 'displayName' ? displayNameOverrideProcessor : identityOverrideProcessor,
    shouldApply: () => true,
  });
  const standard = [...STANDARD, ...OTHERS].map((path) => item(path, false));
  return new Registry<FieldConfigPropertyItem>(() => [
    ...standard,
    ...[...custom].map((path) => item(path, true)),
  ]);
}

function toFrame({ target, step }: Answer, { metric, values }: Series): DataFrame {
  const name = nameOf(target, metric);
  return {
    refId: target.refId,
    length: values.length,
    fields: [
      timeField(values, step),
      {
        name: 'Value',
        type: FieldType.number,
        labels: metric,
        config: name === undefined ? {} : { displayNameFromDS: name },
        values: values.map(([, value]) => toNumber(value)),
      },
    ],
  };
}

function timeField(values: [number, string][], step: number | null): Field {
  return {
    name: 'Time',
    type: FieldType.time,
    config: step === null ? {} : { interval: step * 1000 },
    values: values.map(([seconds]) => seconds * 1000),
  };
}

/** One row a sample, one column a label, as Grafana's data source does for the format "table". */
function toTable({ target, step, series }: Answer, several: boolean): DataFrame {
  const rows = series.flatMap(({ metric, values }) => values.map((sample) => ({ metric, sample })));
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return {
    refId: target.refId,
    length: rows.length,
    fields: [
      timeField(
        rows.map(({ sample }) => sample),
        step,
      ),
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        config: { filterable: true },
        values: rows.map(({ metric }) => metric[label] ?? ''),
      })),
      {
        name: several ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        config: {},
        values: rows.map(({ sample }) => toNumber(sample[1])),
      },
    ],
  };
}

/**
 * The name that the legend format gives; undefined where Grafana makes one of the labels itself.
 */
function nameOf(
  target: { legendFormat?: string; expr: string },
  metric: Record<string, string>,
): string | undefined {
  const format = target.legendFormat;
  if (format && format !== '__auto') {
    return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
  }
  const { __name__: name = '', ...labels } = metric;
  if (format === '__auto') return Object.keys(labels).length || name ? undefined : target.expr;
  const inside = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return inside.length || name
    ? `${name}${inside.length ? `{${inside.join(', ')}}` : ''}`
    : target.expr;
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
