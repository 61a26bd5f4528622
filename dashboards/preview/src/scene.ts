// What the page is given: a dashboard with its questions answered. Plain JSON; all times are in
// milliseconds since 1970, as Grafana has them, and all lengths in CSS pixels.
import type { Panel, Target } from './dashboard';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A series as Prometheus gives it: moments in seconds, values as text. */
export interface Series {
  metric: Record<string, string>;
  values: [number, string][];
}

/** The answer to one query: series, or what went wrong. `step` is null for an instant query. */
export interface Answer {
  target: Target;
  step: number | null;
  series: Series[];
  error: string | null;
}

export interface Selector {
  label: string;
  text: string;
}

/** One moment, or several in a row, at which an annotation's query was above zero. */
export interface Mark {
  color: string;
  from: number;
  to: number;
}

export interface PanelItem {
  kind: 'panel';
  box: Box;
  panel: Panel;
  answers: Answer[];
}
export interface RowItem {
  kind: 'row';
  box: Box;
  title: string;
}

export interface Scene {
  uid: string;
  title: string;
  from: number;
  to: number;
  timeZone: string;
  theme: 'dark' | 'light';
  selectors: Selector[];
  annotations: { name: string; color: string }[];
  links: string[];
  marks: Mark[];
  items: (PanelItem | RowItem)[];
  width: number;
  height: number;
}

declare global {
  interface Window {
    scene: Scene;
    /** Set when everything is drawn: what could not be, by panel. */
    troubles?: string[];
  }
}
