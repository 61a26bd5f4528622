// What a dashboard of this project may hold: Grafana's own types (@grafana/schema), made stricter.
// Grafana's `Dashboard` leaves a panel's options, its custom field options and its overrides open
// (`Record<string, unknown>`); here they are those of the panel's own plugin, so that a name that
// the plugin would silently ignore is an error.
import type { DataTransformerID, FieldMatcherID } from '@grafana/data';
import type * as schema from '@grafana/schema';
import type * as BarGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as StateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as Table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as Text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/**
 * T as JSON spells it: an enum of strings is its values, since no literal is assignable to the
 * enum.
 */
export type Plain<T> = 0 extends 1 & T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T;

/** A query as Grafana's Prometheus data source reads it. */
export interface Target {
  refId: string;
  expr: string;
  datasource?: { type: 'prometheus'; uid: string };
  editorMode?: 'code' | 'builder';
  exemplar?: boolean;
  format?: 'time_series' | 'table';
  hide?: boolean;
  instant?: boolean;
  range?: boolean;
  interval?: string;
  intervalFactor?: number;
  legendFormat?: string;
}

type Annotation = Plain<Omit<schema.AnnotationQuery, 'target'>> & {
  target?: Target;
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
};

type FieldOptions = Plain<Omit<schema.FieldConfig, 'custom'>>;
type Setting<Options, Prefix extends string> = {
  [Name in keyof Options & string]-?: { id: `${Prefix}${Name}`; value?: Options[Name] };
}[keyof Options & string];

interface FieldConfig<Custom> {
  defaults: FieldOptions & { custom?: Plain<Custom> };
  overrides: {
    matcher: { id: `${FieldMatcherID}`; options?: unknown };
    properties: (Setting<FieldOptions, ''> | Setting<Plain<Custom>, 'custom.'>)[];
  }[];
}

type Transformation = Omit<schema.DataTransformerConfig, 'id' | 'options' | 'topic'> & {
  id: `${DataTransformerID}`;
  options: object;
};

type Redefined = 'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations';
// Grafana has these; the preview would not heed them, and a picture must not lie.
type Unheeded =
  | 'repeat'
  | 'repeatDirection'
  | 'maxPerRow'
  | 'timeFrom'
  | 'timeShift'
  | 'timeCompare'
  | 'libraryPanel';
type Frame = Omit<schema.Panel, Redefined | Unheeded>;
interface PanelOf<
  Type extends string,
  Options,
  Custom = Record<never, never>,
> extends Plain<Frame> {
  id: number;
  title: string;
  type: Type;
  gridPos: Plain<schema.Panel['gridPos']> & object;
  options?: Plain<Partial<Options>>;
  fieldConfig?: FieldConfig<Custom>;
  targets?: Target[];
  transformations?: Transformation[];
}

export type BarGaugePanel = PanelOf<'bargauge', BarGauge.Options>;
export type StatPanel = PanelOf<'stat', Stat.Options>;
export type StateTimelinePanel = PanelOf<
  'state-timeline',
  StateTimeline.Options,
  StateTimeline.FieldConfig
>;
export type TablePanel = PanelOf<'table', Table.Options, Partial<Table.FieldConfig>>;
export type TextPanel = PanelOf<'text', Omit<Text.Options, 'mode'> & { mode: 'markdown' }>;
export type TimeSeriesPanel = PanelOf<'timeseries', TimeSeries.Options, TimeSeries.FieldConfig>;
export interface RowPanel extends Omit<Plain<schema.RowPanel>, 'panels' | 'gridPos' | 'repeat'> {
  gridPos: Plain<schema.Panel['gridPos']> & object;
  panels: Panel[];
}

export interface PanelTypes {
  bargauge: BarGaugePanel;
  stat: StatPanel;
  'state-timeline': StateTimelinePanel;
  table: TablePanel;
  text: TextPanel;
  timeseries: TimeSeriesPanel;
}
export type Panel = PanelTypes[keyof PanelTypes];
export type Variable = Plain<schema.VariableModel>;

/**
 * The dashboard around its panels, which are checked one by one so that an error names its panel.
 */
export interface DashboardFrame extends Omit<Plain<schema.Dashboard>, 'panels' | 'annotations'> {
  uid: string;
  title: string;
  annotations?: { list?: Annotation[] };
}
export interface Dashboard extends DashboardFrame {
  panels: (Panel | RowPanel)[];
}
