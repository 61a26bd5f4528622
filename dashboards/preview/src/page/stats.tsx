// Panels of single values: stat and bargauge.
import {
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  VizOrientation,
  type DataFrame,
  type DisplayValueAlignmentFactors,
  type FieldConfigSource,
  type FieldDisplay,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import type { ReduceDataOptions, VizTextDisplayOptions } from '@grafana/schema';
import {
  BarGauge,
  BarGaugeDisplayMode,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  VizRepeater,
} from '@grafana/ui';
import {
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  PercentChangeColorMode,
} from '@grafana/schema';
import type { ReactElement } from 'react';
import type { BarGaugePanel, Panel, StatPanel } from '../dashboard';

interface Props<P extends Panel> {
  panel: P;
  frames: DataFrame[];
  width: number;
  height: number;
  theme: GrafanaTheme2;
  timeRange: TimeRange;
  timeZone: string;
}
type Drawn = {
  value: FieldDisplay;
  width: number;
  height: number;
  count: number;
  factors: DisplayValueAlignmentFactors;
};

export function Stat({ panel, ...props }: Props<StatPanel>) {
  const options = panel.options ?? {};
  const graph = (options.graphMode ?? 'area') as BigValueGraphMode;
  const values = displayValues(
    panel,
    options.reduceOptions,
    props,
    graph !== BigValueGraphMode.None,
  );
  const percent = Boolean(options.showPercentChange);
  return repeat(
    values,
    options,
    props,
    { autoGrid: true },
    ({ value, width, height, count, factors }) => (
      <BigValue
        value={percent ? value.display : { ...value.display, percentChange: undefined }}
        count={count}
        sparkline={value.sparkline && { ...value.sparkline, timeRange: props.timeRange }}
        colorMode={(options.colorMode ?? 'value') as BigValueColorMode}
        graphMode={graph}
        justifyMode={(options.justifyMode ?? 'auto') as BigValueJustifyMode}
        textMode={textMode(value, (options.textMode ?? 'auto') as BigValueTextMode)}
        text={options.text as VizTextDisplayOptions}
        percentChangeColorMode={options.percentChangeColorMode as PercentChangeColorMode}
        disableWideLayout={options.wideLayout === false}
        alignmentFactors={factors}
        width={width}
        height={height}
        theme={props.theme}
      />
    ),
  );
}

/** A name that the field was given by hand is meant to be seen. */
function textMode(value: FieldDisplay, mode: BigValueTextMode): BigValueTextMode {
  return mode === BigValueTextMode.Auto && value.field.displayName
    ? BigValueTextMode.ValueAndName
    : mode;
}

export function BarGauges({ panel, ...props }: Props<BarGaugePanel>) {
  const options = panel.options ?? {};
  const values = displayValues(panel, options.reduceOptions, props, false);
  const manual = options.sizing === BarGaugeSizing.Manual;
  const sizes = {
    itemSpacing: options.displayMode === 'lcd' ? 2 : 8,
    minVizWidth: manual ? options.minVizWidth : 8,
    minVizHeight: manual ? options.minVizHeight : 16,
    maxVizHeight: manual ? options.maxVizHeight : 300,
  };
  return repeat(values, options, props, sizes, ({ value, width, height, factors }) => (
    <BarGauge
      value={value.display}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
      displayMode={(options.displayMode ?? 'gradient') as BarGaugeDisplayMode}
      valueDisplayMode={(options.valueMode ?? 'color') as BarGaugeValueMode}
      namePlacement={(options.namePlacement ?? 'auto') as BarGaugeNamePlacement}
      showUnfilled={options.showUnfilled ?? true}
      orientation={orientation(options, props)}
      text={options.text as VizTextDisplayOptions}
      alignmentFactors={factors}
      lcdCellWidth={12}
      itemSpacing={sizes.itemSpacing}
      width={width}
      height={height}
      theme={props.theme}
    />
  ));
}

function displayValues(
  panel: StatPanel | BarGaugePanel,
  reduceOptions: unknown,
  { frames, theme, timeZone }: Omit<Props<Panel>, 'panel'>,
  sparkline: boolean,
): FieldDisplay[] {
  const fieldConfig = (panel.fieldConfig ?? { defaults: {}, overrides: [] }) as FieldConfigSource;
  return getFieldDisplayValues({
    fieldConfig,
    reduceOptions: (reduceOptions ?? { calcs: ['lastNotNull'] }) as ReduceDataOptions,
    replaceVariables: (text) => text,
    theme,
    data: frames,
    sparkline,
    percentChange: sparkline,
    timeZone,
  });
}

interface Layout {
  orientation?: string;
}

function orientation(
  options: Layout,
  { width, height }: { width: number; height: number },
): VizOrientation {
  if (options.orientation && options.orientation !== 'auto')
    return options.orientation as VizOrientation;
  return width > height ? VizOrientation.Vertical : VizOrientation.Horizontal;
}

function repeat(
  values: FieldDisplay[],
  options: Layout,
  { width, height, frames }: Omit<Props<Panel>, 'panel'>,
  sizes: object,
  draw: (drawn: Drawn) => ReactElement,
) {
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values}
      getAlignmentFactors={(all) => getDisplayValueAlignmentFactors(all)}
      renderValue={({ value, width: w, height: h, count, alignmentFactors }) =>
        draw({ value, width: w, height: h, count, factors: alignmentFactors })
      }
      source={frames}
      renderCounter={0}
      width={width}
      height={height}
      orientation={(options.orientation ?? 'auto') as VizOrientation}
      {...sizes}
    />
  );
}
