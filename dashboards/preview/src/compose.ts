// From a dashboard to a scene: lays the panels out, and asks Prometheus what they ask.
import { rangeUtil } from '@grafana/data';
import type { Dashboard, Panel, RowPanel, Target } from './dashboard';
import { interpolate, timeScope, type Scope } from './interpolate';
import type { Prometheus } from './prometheus';
import type { Answer, Box, Mark, PanelItem, RowItem, Scene } from './scene';
import { Trouble } from './trouble';
import { resolve, type Range } from './variables';

export interface Wish {
  prometheus: Prometheus;
  range: Range;
  /** Values of variables by name. */
  variables: ReadonlyMap<string, string[]>;
  /**
   * The data source's scrape interval in seconds: the least step, and a quarter of the least
   * $__rate_interval.
   */
  scrape: number;
  theme: 'dark' | 'light';
}

const WIDTH = 1920;
const MARGIN = 16;
const HEAD = 112;
const ROW = 30;
const GAP = 8;
const COLUMN = (WIDTH - 2 * MARGIN - 23 * GAP) / 24;
const MAX_POINTS = 11_000;
const ANNOTATION_STEP = 60;

/** The dashboard with everything that its page needs, and what is amiss with it as a whole. */
export async function compose(
  dashboard: Dashboard,
  wish: Wish,
): Promise<{ scene: Scene; troubles: string[] }> {
  const variables = dashboard.templating?.list ?? [];
  const { scope, selectors, troubles } = await resolve(
    variables,
    wish.variables,
    wish.prometheus,
    wish.range,
  );
  const placed = place(dashboard.panels);
  const items = await Promise.all(
    placed.map(({ panel, box }): Promise<PanelItem> | RowItem =>
      panel.type === 'row'
        ? { kind: 'row', box, title: interpolate(panel.title ?? '', scope, 'text') }
        : fill(panel, box, scope, wish),
    ),
  );
  const shown = (dashboard.annotations?.list ?? []).filter(
    ({ enable, builtIn }) => enable && !builtIn,
  );
  const marks: Mark[] = [];
  for (const { name, target, expr, iconColor } of shown) {
    try {
      const query = { refId: 'Anno', interval: '', ...target, expr: target?.expr ?? expr ?? '' };
      marks.push(...(await markMoments(query, iconColor, scope, wish)));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      troubles.push(`annotation "${name}": ${error.message}`);
    }
  }
  const scene: Scene = {
    uid: dashboard.uid,
    title: dashboard.title,
    from: wish.range.from * 1000,
    to: wish.range.to * 1000,
    timeZone: dashboard.timezone && dashboard.timezone !== 'browser' ? dashboard.timezone : 'utc',
    theme: wish.theme,
    selectors,
    annotations: shown
      .filter(({ hide }) => !hide)
      .map(({ name, iconColor }) => ({ name, color: iconColor })),
    links: (dashboard.links ?? []).map(({ title }) => interpolate(title, scope, 'text')),
    marks,
    items,
    width: WIDTH,
    height: Math.max(0, ...items.map(({ box }) => box.y + box.height)) + MARGIN,
  };
  return { scene, troubles };
}

/** Where each panel stands, in pixels. Rows are drawn open, so that nothing is hidden. */
function place(panels: (Panel | RowPanel)[]): { panel: Panel | RowPanel; box: Box }[] {
  let opened = 0;
  return panels.flatMap((panel) => {
    const own = { panel, box: toBox(panel.gridPos, opened) };
    if (panel.type !== 'row' || !panel.panels.length) return [own];
    const inside = panel.panels.map((child) => ({
      panel: child,
      box: toBox(child.gridPos, opened),
    }));
    const bottom = Math.max(...panel.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    opened += Math.max(0, bottom - (panel.gridPos.y + panel.gridPos.h));
    return [own, ...inside];
  });
}

function toBox({ x, y, w, h }: Panel['gridPos'], opened: number): Box {
  return {
    x: MARGIN + x * (COLUMN + GAP),
    y: HEAD + (y + opened) * (ROW + GAP),
    width: w * COLUMN + (w - 1) * GAP,
    height: h * ROW + (h - 1) * GAP,
  };
}

async function fill(panel: Panel, box: Box, scope: Scope, wish: Wish): Promise<PanelItem> {
  const targets = (panel.targets ?? []).filter(({ hide }) => !hide);
  const answers = await Promise.all(
    targets.map((target) => answer(target, panel, box, scope, wish)),
  );
  const text = (value: string) => interpolate(value, scope, 'text');
  const drawn = { ...panel, title: text(panel.title) };
  if (drawn.type === 'text' && drawn.options?.content) {
    drawn.options = { ...drawn.options, content: text(drawn.options.content) };
  }
  return { kind: 'panel', box, panel: drawn, answers: answers.flat() };
}

async function answer(
  target: Target,
  panel: Panel,
  box: Box,
  scope: Scope,
  wish: Wish,
): Promise<Answer[]> {
  const { from, to } = wish.range;
  const least = [target.interval, panel.interval]
    .map((text) => text && interpolate(text, scope))
    .find(Boolean);
  const floor = least ? rangeUtil.intervalToSeconds(least.replace(/^>/, '')) : wish.scrape;
  const points = panel.maxDataPoints ?? Math.floor(box.width);
  const step = Math.max(
    rangeUtil.roundInterval(((to - from) * 1000) / points) / 1000,
    floor,
    (to - from) / MAX_POINTS,
  );
  const ask = async (instant: boolean): Promise<Answer> => {
    const kind = { target, step: instant ? null : step };
    try {
      const expr = interpolate(target.expr, timeScope(scope, to - from, step, wish.scrape));
      const series = instant
        ? await wish.prometheus.instant(expr, to)
        : await wish.prometheus.range(expr, from, to, step);
      return { ...kind, series, error: null };
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      return { ...kind, series: [], error: `${target.refId}: ${error.message}` };
    }
  };
  const kinds = [
    ...(target.range || !target.instant ? [false] : []),
    ...(target.instant ? [true] : []),
  ];
  return Promise.all(kinds.map(ask));
}

/** As Grafana: a mark wherever the query is above zero, and one region for samples in a row. */
async function markMoments(
  target: Target,
  color: string,
  scope: Scope,
  wish: Wish,
): Promise<Mark[]> {
  const { from, to } = wish.range;
  const step = target.interval ? rangeUtil.intervalToSeconds(target.interval) : ANNOTATION_STEP;
  const expr = interpolate(target.expr, timeScope(scope, to - from, step, wish.scrape));
  const marks: Mark[] = [];
  for (const { values } of await wish.prometheus.range(expr, from, to, step)) {
    let open: Mark | undefined;
    for (const [seconds, value] of values) {
      const now = seconds * 1000;
      if (!(Number(value) > 0)) open = undefined;
      else if (open && now - open.to <= step * 1000) open.to = now;
      else marks.push((open = { color, from: now, to: now }));
    }
  }
  return marks;
}
