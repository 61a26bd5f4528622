// One panel: its frame, and inside what its plugin draws, or what is wrong with it.
import {
  dateTime,
  renderTextPanelMarkdown,
  type DataFrame,
  type FieldConfigSource,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import { TableCellHeight } from '@grafana/schema';
import { PanelChrome } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { Component, type ReactNode } from 'react';
import type { Panel, TablePanel } from '../dashboard';
import type { PanelItem, Scene } from '../scene';
import { StateTimeline, TimeSeriesPlot } from './plots';
import { BarGauges, Stat } from './stats';

export interface Prepared extends PanelItem {
  frames: DataFrame[];
  /** What is amiss with its data: shown in its head, and in its place if nothing is visible. */
  trouble: string | null;
  visible: boolean;
}

interface Props {
  item: Prepared;
  scene: Scene;
  theme: GrafanaTheme2;
  onTrouble: (trouble: string) => void;
}

export function PanelView({ item, scene, theme, onTrouble }: Props) {
  const { panel, box, trouble, visible } = item;
  const bare = !panel.title;
  return (
    <PanelChrome
      width={Math.round(box.width)}
      height={box.height}
      title={panel.title}
      description={panel.description}
      displayMode={panel.transparent ? 'transparent' : 'default'}
      padding={panel.type === 'table' ? 'none' : 'md'}
      statusMessage={trouble ?? undefined}
      {...(bare ? { hoverHeader: true } : {})}
    >
      {(width, height) =>
        !visible ? (
          <Notice text={trouble ?? ''} theme={theme} />
        ) : (
          <Guard onTrouble={onTrouble} theme={theme}>
            <Content
              panel={panel}
              frames={item.frames}
              width={width}
              height={height}
              scene={scene}
              theme={theme}
            />
          </Guard>
        )
      }
    </PanelChrome>
  );
}

interface ContentProps {
  panel: Panel;
  frames: DataFrame[];
  width: number;
  height: number;
  scene: Scene;
  theme: GrafanaTheme2;
}

function Content({ panel, scene, ...props }: ContentProps) {
  const timeRange = timeRangeOf(scene);
  const common = { ...props, timeRange, timeZone: scene.timeZone };
  switch (panel.type) {
    case 'timeseries':
      return <TimeSeriesPlot panel={panel} marks={scene.marks} {...common} />;
    case 'state-timeline':
      return <StateTimeline panel={panel} {...common} />;
    case 'stat':
      return <Stat panel={panel} {...common} />;
    case 'bargauge':
      return <BarGauges panel={panel} {...common} />;
    case 'table':
      return <Table panel={panel} {...common} />;
    case 'text':
      return (
        <div
          className="markdown-html"
          dangerouslySetInnerHTML={{
            __html: renderTextPanelMarkdown(panel.options?.content ?? ''),
          }}
        />
      );
  }
}

function Table({
  panel,
  frames,
  width,
  height,
  timeRange,
}: Omit<ContentProps, 'panel' | 'scene'> & { panel: TablePanel; timeRange: TimeRange }) {
  const options = panel.options ?? {};
  const frame = frames[options.frameIndex ?? 0] ?? frames[0];
  if (!frame) return null;
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      sortBy={options.sortBy}
      cellHeight={(options.cellHeight ?? 'sm') as TableCellHeight}
      maxRowHeight={options.maxRowHeight}
      frozenColumns={options.frozenColumns?.left}
      showTypeIcons={options.showTypeIcons}
      timeRange={timeRange}
      fieldConfig={panel.fieldConfig as FieldConfigSource}
      enableVirtualization={false}
      structureRev={1}
    />
  );
}

export function timeRangeOf({ from, to }: Scene): TimeRange {
  const [start, end] = [dateTime(from), dateTime(to)];
  return { from: start, to: end, raw: { from: start, to: end } };
}

function Notice({ text, theme }: { text: string; theme: GrafanaTheme2 }) {
  const color = theme.colors.error.text;
  return (
    <div
      style={{
        height: '100%',
        display: 'grid',
        placeItems: 'center',
        textAlign: 'center',
        padding: 8,
        color,
      }}
    >
      {text}
    </div>
  );
}

/** What throws while it is drawn is drawn as an error, and told. */
class Guard extends Component<
  { children: ReactNode; theme: GrafanaTheme2; onTrouble: (trouble: string) => void },
  { error: string | null }
> {
  override state = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error: String(error) };
  }
  override componentDidCatch(error: unknown) {
    this.props.onTrouble(String(error));
  }
  override render() {
    return this.state.error === null ? (
      this.props.children
    ) : (
      <Notice text={this.state.error} theme={this.props.theme} />
    );
  }
}
