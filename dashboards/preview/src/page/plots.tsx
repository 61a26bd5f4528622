// Panels over time: timeseries, and state-timeline.
import {
  colorManipulator,
  FieldType,
  getFieldDisplayName,
  type DataFrame,
  type Field,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import {
  AxisPlacement,
  LegendDisplayMode,
  ScaleDirection,
  ScaleOrientation,
  VisibilityMode,
} from '@grafana/schema';
import type { LegendPlacement, VizLegendOptions } from '@grafana/schema';
import {
  TimeSeries,
  UPLOT_AXIS_FONT_SIZE,
  UPlotChart,
  UPlotConfigBuilder,
  VizLayout,
  VizLegend,
} from '@grafana/ui';
import type { Plain, StateTimelinePanel, TimeSeriesPanel } from '../dashboard';
import type { Mark } from '../scene';
import { addMarks } from './marks';
import { legendOf, spansOf, type Span } from './states';

interface Props<P> {
  panel: P;
  frames: DataFrame[];
  width: number;
  height: number;
  theme: GrafanaTheme2;
  timeRange: TimeRange;
  timeZone: string;
}

const LEGEND = {
  calcs: [],
  displayMode: LegendDisplayMode.List,
  placement: 'bottom',
  showLegend: true,
};
const legendOptions = (options?: Plain<VizLegendOptions>) =>
  ({ ...LEGEND, ...options }) as VizLegendOptions;

/** What is not finite cannot be plotted, and is a gap: as in Grafana's own panel. */
const finite = (field: Field): Field =>
  field.type === FieldType.number
    ? { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) }
    : field;

export function TimeSeriesPlot({
  panel,
  frames,
  marks,
  theme,
  ...props
}: Props<TimeSeriesPanel> & { marks: Mark[] }) {
  const marked = new Set<UPlotConfigBuilder>();
  const plotted = frames.map((frame) => ({ ...frame, fields: frame.fields.map(finite) }));
  return (
    <TimeSeries {...props} frames={plotted} legend={legendOptions(panel.options?.legend)}>
      {(builder) => {
        if (!marked.has(builder)) addMarks(builder, marks, theme);
        marked.add(builder);
        return null;
      }}
    </TimeSeries>
  );
}

const isState = ({ type }: Field) =>
  type === FieldType.number || type === FieldType.string || type === FieldType.boolean;

/**
 * The plugin that draws this in Grafana is not in its npm packages: axes and legend are Grafana's,
 * the bars ours.
 */
export function StateTimeline({
  panel,
  frames,
  width,
  height,
  theme,
  timeRange,
  timeZone,
}: Props<StateTimelinePanel>) {
  const fields = frames.flatMap((frame) =>
    frame.fields.filter(isState).map((field) => ({ frame, field })),
  );
  const names = fields.map(({ frame, field }) => getFieldDisplayName(field, frame, frames));
  const merge = panel.options?.mergeValues ?? true;
  const rows = fields.map(({ frame, field }) =>
    spansOf(frame, field, timeRange.to.valueOf(), merge),
  );
  const options = legendOptions(panel.options?.legend);
  const items = legendOf(
    fields.map(({ field }) => field),
    rows.flat(),
    theme,
  );
  const legend = options.showLegend ? (
    <VizLayout.Legend placement={options.placement as LegendPlacement}>
      <VizLegend
        placement={options.placement as LegendPlacement}
        items={items}
        displayMode={options.displayMode}
      />
    </VizLayout.Legend>
  ) : null;
  const builder = timelineBuilder(names, rows, panel, theme, timeRange, timeZone);
  const corners = [
    [timeRange.from.valueOf(), timeRange.to.valueOf()],
    [0, rows.length],
  ];
  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(w, h) => (
        <UPlotChart config={builder} data={corners as [number[], number[]]} width={w} height={h} />
      )}
    </VizLayout>
  );
}

function timelineBuilder(
  names: string[],
  rows: Span[][],
  panel: StateTimelinePanel,
  theme: GrafanaTheme2,
  timeRange: TimeRange,
  timeZone: string,
): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(timeZone);
  const count = rows.length;
  builder.setPrepData(() => [[], []]);
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [timeRange.from.valueOf(), timeRange.to.valueOf()],
  });
  builder.addScale({
    scaleKey: 'y',
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Up,
    range: () => [0, count],
  });
  builder.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone,
    theme,
    grid: { show: true },
  });
  builder.addAxis({
    scaleKey: 'y',
    placement: AxisPlacement.Left,
    theme,
    splits: names.map((_, index) => count - index - 0.5),
    values: names,
    grid: { show: false },
    ticks: { show: false },
  });
  builder.addSeries({
    scaleKey: 'y',
    theme,
    pathBuilder: () => null,
    pointsBuilder: () => undefined,
    showPoints: VisibilityMode.Never,
  });
  builder.scaleKeys = ['x', 'y'];
  builder.addHook('draw', (plot) => {
    rows.forEach((spans, index) =>
      spans.forEach((span) => drawSpan(plot, span, count - index - 0.5, panel, theme)),
    );
  });
  return builder;
}

function drawSpan(
  plot: uPlot,
  span: Span,
  middle: number,
  panel: StateTimelinePanel,
  theme: GrafanaTheme2,
): void {
  const { rowHeight = 0.9, showValue = 'auto', alignValue = 'left' } = panel.options ?? {};
  const { ctx, bbox } = plot;
  const edge = (time: number) =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(time, 'x', true)));
  const left = Math.round(edge(span.from));
  const width = Math.round(edge(span.to)) - left;
  const top = Math.round(plot.valToPos(middle + rowHeight / 2, 'y', true));
  const height = Math.round(plot.valToPos(middle - rowHeight / 2, 'y', true)) - top;
  if (width <= 0) return;
  ctx.save();
  ctx.fillStyle = colorManipulator.alpha(span.color, (span.opacity ?? 70) / 100);
  ctx.fillRect(left, top, width, height);
  ctx.font = `500 ${UPLOT_AXIS_FONT_SIZE}px ${theme.typography.fontFamily}`;
  const fits = ctx.measureText(span.text).width + 8 <= width && height >= UPLOT_AXIS_FONT_SIZE;
  if (showValue === 'always' || (showValue === 'auto' && fits)) {
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.fillStyle = theme.colors.text.primary;
    ctx.textBaseline = 'middle';
    ctx.textAlign = alignValue;
    const x = { left: left + 4, center: left + width / 2, right: left + width - 4 }[alignValue];
    ctx.fillText(span.text, x, top + height / 2);
  }
  ctx.restore();
}
