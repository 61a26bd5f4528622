// A field as times in one state each, and what its colours mean.
import {
  FieldType,
  formattedValueToString,
  type DataFrame,
  type Field,
  type GrafanaTheme2,
} from '@grafana/data';
import type { VizLegendItem } from '@grafana/ui';

export interface Span {
  from: number;
  to: number;
  text: string;
  color: string;
  mapped: boolean;
  /** Percent. */
  opacity?: number;
}

/**
 * A value holds until the next one, but not across a gap in the data. The last one holds for a
 * step.
 */
export function spansOf(frame: DataFrame, field: Field, end: number, merge: boolean): Span[] {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  const step = time?.config.interval ?? Infinity;
  const spans: Span[] = [];
  field.values.forEach((value: unknown, index) => {
    if (value === null || value === undefined || !time) return;
    const from: number = time.values[index];
    const next: number = time.values[index + 1] ?? end;
    const to = Math.min(end, next - from > step * 1.5 ? from + step : next);
    const display = field.display?.(value);
    const text = display ? formattedValueToString(display) : String(value);
    const color = display?.color ?? 'gray';
    const last = spans.at(-1);
    if (merge && last && last.to === from && last.text === text && last.color === color)
      last.to = to;
    else
      spans.push({
        from,
        to,
        text,
        color,
        mapped: isMapped(field, value),
        opacity: field.config.custom?.fillOpacity,
      });
  });
  return spans;
}

function isMapped(field: Field, value: unknown): boolean {
  return (field.config.mappings ?? []).some(({ type, options }) => {
    if (type === 'value') return String(value) in options;
    if (type === 'range')
      return (
        Number(value) >= (options.from ?? -Infinity) && Number(value) <= (options.to ?? Infinity)
      );
    return true;
  });
}

/** The mapped states that occur; where values are not mapped, the thresholds. */
export function legendOf(fields: Field[], spans: Span[], theme: GrafanaTheme2): VizLegendItem[] {
  const mapped = new Map(
    spans.filter((span) => span.mapped).map(({ text, color }) => [text, color]),
  );
  const items = [...mapped].map(([label, color]) => ({ label, color, yAxis: 1 }));
  if (!spans.some((span) => !span.mapped)) return items;
  const { thresholds } = fields[0]?.config ?? {};
  const steps = thresholds?.steps ?? [];
  const unit = thresholds?.mode === 'percentage' ? '%' : '';
  return [
    ...items,
    ...steps.map(({ color, value }, index) => ({
      label: index ? `${value}${unit}+` : `< ${steps[1]?.value ?? ''}${unit}`,
      color: theme.visualization.getColorByName(color),
      yAxis: 1,
    })),
  ];
}
