// The head of the page: title, time range, and the variables as they stand. Drawn, not usable.
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Button, Icon } from '@grafana/ui';
import type { CSSProperties, ReactNode } from 'react';
import type { Scene } from '../scene';

export function Controls({ scene, theme }: { scene: Scene; theme: GrafanaTheme2 }) {
  const { timeZone } = scene;
  const day = dateTimeFormat(scene.from, { timeZone, format: 'YYYY-MM-DD HH:mm:ss' });
  const end = dateTimeFormat(scene.to, { timeZone, format: 'YYYY-MM-DD HH:mm:ss' });
  const line: CSSProperties = {
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    height: 32,
  };
  return (
    <div
      style={{
        position: 'absolute',
        left: 16,
        right: 16,
        top: 16,
        display: 'grid',
        gap: theme.spacing(1.5),
      }}
    >
      <div style={{ ...line, justifyContent: 'space-between' }}>
        <div style={{ ...theme.typography.h3, margin: 0 }}>{scene.title}</div>
        <Button variant="secondary" fill="outline" icon="clock-nine">
          {`${day} to ${end} ${timeZone.toUpperCase()}`}
        </Button>
      </div>
      <div style={line}>
        {scene.selectors.map(({ label, text }) => (
          <Selector key={label + text} label={label} theme={theme}>
            {text} <Icon name="angle-down" />
          </Selector>
        ))}
        {scene.annotations.map(({ name, color }) => (
          <Selector key={name} label={name} theme={theme}>
            <span
              style={{
                width: 12,
                height: 12,
                borderRadius: 2,
                background: theme.visualization.getColorByName(color),
              }}
            />
          </Selector>
        ))}
        <div style={{ flexGrow: 1 }} />
        {scene.links.map((title) => (
          <Button key={title} variant="secondary" fill="outline" size="sm" icon="external-link-alt">
            {title}
          </Button>
        ))}
      </div>
    </div>
  );
}

function Selector({
  label,
  theme,
  children,
}: {
  label: string;
  theme: GrafanaTheme2;
  children: ReactNode;
}) {
  const box: CSSProperties = {
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    height: 32,
    padding: theme.spacing(0, 1),
    border: `1px solid ${theme.components.input.borderColor}`,
    fontSize: theme.typography.bodySmall.fontSize,
  };
  const radius = theme.shape.radius.default;
  return (
    <div style={{ display: 'flex' }}>
      {label && (
        <div
          style={{
            ...box,
            borderRight: 'none',
            borderRadius: `${radius} 0 0 ${radius}`,
            fontWeight: 500,
            background: theme.colors.background.primary,
          }}
        >
          {label}
        </div>
      )}
      <div
        style={{
          ...box,
          borderRadius: label ? `0 ${radius} ${radius} 0` : radius,
          background: theme.components.input.background,
        }}
      >
        {children}
      </div>
    </div>
  );
}
