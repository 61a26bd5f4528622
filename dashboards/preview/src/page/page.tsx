// The page of one dashboard. `window.scene` says what to draw; `window.troubles` is set when all is
// drawn.
import {
  createTheme,
  dateTimeFormat,
  FieldType,
  ThemeContext,
  type DataFrame,
  type GrafanaTheme2,
} from '@grafana/data';
import { GlobalStyles, Icon, PortalContainer } from '@grafana/ui';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import type { PanelItem, Scene } from '../scene';
import { Controls } from './controls';
import { prepare } from './frames';
import { PanelView, type Prepared } from './panel';

/**
 * What is amiss, and whether there is something to see all the same. One empty query is as wrong as
 * all of them.
 */
function judge(
  { panel, answers }: PanelItem,
  frames: DataFrame[],
): Pick<Prepared, 'trouble' | 'visible'> {
  if (panel.type === 'text') return { trouble: null, visible: true };
  if (!answers.length) return { trouble: 'No query', visible: false };
  const visible = frames.some(
    ({ fields, length }) => length > 0 && fields.some(({ type }) => type !== FieldType.time),
  );
  const errors = answers.flatMap(({ error }) => error ?? []);
  const empty = answers.filter(({ series, error }) => !series.length && error === null);
  if (empty.length) {
    errors.push(
      empty.length === answers.length
        ? 'No data'
        : `No data for ${empty.map(({ target }) => target.refId).join(', ')}`,
    );
  }
  if (!errors.length && !visible) errors.push('No data after the transformations');
  return { trouble: errors.length ? errors.join('; ') : null, visible };
}

async function prepareAll(scene: Scene, theme: GrafanaTheme2): Promise<(Prepared | null)[]> {
  return Promise.all(
    scene.items.map(async (item) => {
      if (item.kind === 'row') return null;
      try {
        const frames = await prepare(item.panel, item.answers, theme, scene.timeZone);
        return { ...item, frames, ...judge(item, frames) };
      } catch (error) {
        return { ...item, frames: [], trouble: String(error), visible: false };
      }
    }),
  );
}

interface Props {
  scene: Scene;
  prepared: (Prepared | null)[];
  theme: GrafanaTheme2;
  onTrouble: (item: PanelItem, trouble: string) => void;
  onDrawn: () => void;
}

function Page({ scene, prepared, theme, onTrouble, onDrawn }: Props) {
  useEffect(onDrawn, [onDrawn]);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div
        style={{
          position: 'relative',
          width: scene.width,
          height: scene.height,
          background: theme.colors.background.canvas,
        }}
      >
        <Controls scene={scene} theme={theme} />
        {scene.items.map((item, index) => {
          const panel = prepared[index];
          return (
            <div
              key={index}
              style={{
                position: 'absolute',
                left: item.box.x,
                top: item.box.y,
                width: item.box.width,
                height: item.box.height,
              }}
            >
              {item.kind === 'row' ? (
                <div
                  style={{
                    ...theme.typography.h5,
                    display: 'flex',
                    alignItems: 'center',
                    gap: 8,
                    height: '100%',
                  }}
                >
                  <Icon name="angle-down" /> {item.title}
                </div>
              ) : (
                panel && (
                  <PanelView
                    item={panel}
                    scene={scene}
                    theme={theme}
                    onTrouble={(trouble) => onTrouble(item, trouble)}
                  />
                )
              )}
            </div>
          );
        })}
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

/** Icons are fetched and tables measure themselves: drawn is what has not changed for a while. */
async function settled(): Promise<void> {
  await document.fonts.ready;
  await new Promise<void>((resolve) => {
    const quiet = () => {
      observer.disconnect();
      resolve();
    };
    let timer = setTimeout(quiet, QUIET);
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(quiet, QUIET);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}
const QUIET = 300;

/** Text on a canvas is measured once: the fonts must be there before the first plot. */
async function loadFonts(): Promise<void> {
  const faces = [
    new FontFace('Inter', 'url(public/fonts/inter/Inter-Regular.woff2)', { weight: '400' }),
    new FontFace('Inter', 'url(public/fonts/inter/Inter-Medium.woff2)', { weight: '500' }),
  ];
  for (const face of await Promise.all(faces.map((one) => one.load()))) document.fonts.add(face);
}

async function main(): Promise<void> {
  const { scene } = window;
  document.title = `${scene.title} ${dateTimeFormat(scene.to, { timeZone: scene.timeZone })}`;
  const theme = createTheme({ colors: { mode: scene.theme } });
  await loadFonts();
  const prepared = await prepareAll(scene, theme);
  const name = ({ panel }: PanelItem) => `panel ${panel.id} "${panel.title}"`;
  const troubles = prepared.flatMap((item) =>
    item?.trouble ? [`${name(item)}: ${item.trouble}`] : [],
  );
  const root = createRoot(document.getElementById('root') as HTMLElement);
  const onTrouble = (item: PanelItem, trouble: string) =>
    troubles.push(`${name(item)}: ${trouble}`);
  const onDrawn = () => void settled().then(() => (window.troubles = troubles));
  root.render(
    <Page
      scene={scene}
      prepared={prepared}
      theme={theme}
      onTrouble={onTrouble}
      onDrawn={onDrawn}
    />,
  );
}

void main().catch((error: unknown) => (window.troubles = [`the page: ${String(error)}`]));
