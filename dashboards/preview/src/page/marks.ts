// Annotations on a time series: a dashed line at a moment, a shade over a time, a triangle below.
// Grafana's own drawing of them is not in its npm packages; the looks are the same.
import { colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import type { UPlotConfigBuilder } from '@grafana/ui';
import type { Mark } from '../scene';

const TRIANGLE = 6;

export function addMarks(builder: UPlotConfigBuilder, marks: Mark[], theme: GrafanaTheme2): void {
  builder.addHook('draw', (plot) => {
    const { ctx } = plot;
    const { top, left, width, height } = plot.bbox;
    const at = (time: number) =>
      Math.min(left + width, Math.max(left, Math.round(plot.valToPos(time, 'x', true))));
    ctx.save();
    for (const { from, to, color: name } of marks) {
      const color = theme.visualization.getColorByName(name);
      const [start, end] = [at(from), at(to)];
      ctx.fillStyle = colorManipulator.alpha(color, 0.1);
      ctx.fillRect(start, top, end - start, height);
      ctx.strokeStyle = ctx.fillStyle = color;
      ctx.setLineDash([5, 5]);
      for (const x of new Set([start, end])) {
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, top + height);
        ctx.stroke();
      }
      if (start === end) {
        ctx.beginPath();
        ctx.moveTo(start, top + height);
        ctx.lineTo(start - TRIANGLE, top + height + TRIANGLE);
        ctx.lineTo(start + TRIANGLE, top + height + TRIANGLE);
        ctx.fill();
      } else {
        ctx.fillRect(start, top + height, end - start, TRIANGLE);
      }
    }
    ctx.restore();
  });
}
