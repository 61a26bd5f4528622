// Draws scenes in headless Chromium and takes pictures of them.
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import puppeteer, { type Browser } from 'puppeteer-core';
import type { Scene } from './scene';
import { Trouble } from './trouble';

const HOME = path.join(__dirname, '..');
const MODULES = path.join(HOME, 'node_modules');
const OURS = path.join(HOME, '../../.tools/chromium/run');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PATIENCE_MS = 60_000;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--font-render-hinting=none',
];

// Where Grafana's components look for their fonts and icons, and where npm's packages have them.
const FONTS: Record<string, string> = {
  'inter/Inter-Regular.woff2': '@fontsource/inter/files/inter-latin-400-normal.woff2',
  'inter/Inter-Medium.woff2': '@fontsource/inter/files/inter-latin-500-normal.woff2',
};
const MONOSPACED = '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2';
const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const HTML = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css">
<style>body { margin: 0 }</style>
<div id="root"></div>
<script src="page.js"></script>`;

export interface Shot {
  picture: Uint8Array;
  /** What the page could not draw. */
  troubles: string[];
}

/** A browser and the page's files; one for all scenes. */
export class Studio {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
    private readonly profile: string,
  ) {}

  static async open(): Promise<Studio> {
    const executablePath = findChromium();
    const server = await serve(await bundle());
    const profile = await mkdtemp(path.join(tmpdir(), 'dashboards-preview-'));
    try {
      const browser = await puppeteer.launch({
        executablePath,
        headless: true,
        args: FLAGS,
        userDataDir: profile,
        // Times are drawn in the dashboard's zone; what slips through is at least the same
        // everywhere.
        env: { ...process.env, TZ: 'UTC' },
      });
      return new Studio(browser, server, profile);
    } catch (error) {
      server.close();
      await rm(profile, { recursive: true, force: true });
      throw new Trouble(`${executablePath} does not start: ${(error as Error).message}`);
    }
  }

  async shoot(scene: Scene): Promise<Shot> {
    const page = await this.browser.newPage();
    const crashes: string[] = [];
    page.on('pageerror', (error) => crashes.push(`the page: ${String(error)}`));
    page.on('response', (response) => {
      if (!response.ok()) crashes.push(`the page: ${new URL(response.url()).pathname} is missing`);
    });
    await page.setViewport({
      width: scene.width,
      height: Math.ceil(scene.height),
      deviceScaleFactor: 1,
    });
    await page.evaluateOnNewDocument((given) => (window.scene = given), scene);
    await page.goto(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`);
    try {
      await page.waitForFunction(() => window.troubles !== undefined, { timeout: PATIENCE_MS });
    } catch {
      crashes.push(`the page: not drawn within ${PATIENCE_MS / 1000} s`);
    }
    const troubles = (await page.evaluate(() => window.troubles)) ?? [];
    const picture = await page.screenshot({ type: 'png', fullPage: true });
    await page.close();
    return { picture, troubles: [...troubles, ...new Set(crashes)] };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}

function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  const found = [process.env.CHROMIUM, ...onPath, OURS].find((file) => file && isExecutable(file));
  if (!found)
    throw new Trouble(
      'no Chromium; run tools/preview-setup, or name one: CHROMIUM=/path/to/chromium',
    );
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** page.js and page.css, by their names. */
async function bundle(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [path.join(HOME, 'src/page/page.tsx')],
    outdir: HOME,
    absWorkingDir: HOME,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    external: ['stream', 'tty', 'util'],
    loader: { '.svg': 'dataurl', '.ttf': 'empty' },
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path: file, contents }) => [path.basename(file), contents]));
}

async function serve(files: Map<string, Uint8Array>): Promise<Server> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html';
    void read(name, files).then(
      (content) =>
        response
          .writeHead(200, { 'Content-Type': TYPES[path.extname(name)] ?? 'text/plain' })
          .end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function read(name: string, files: Map<string, Uint8Array>): Promise<string | Uint8Array> {
  if (name === 'index.html') return HTML;
  if (name === 'favicon.ico') return '';
  const icons = 'public/build/';
  const fonts = 'public/fonts/';
  if (name.startsWith(icons))
    return readFile(path.join(MODULES, '@grafana/ui/dist/public', name.slice(icons.length)));
  if (name.startsWith(fonts))
    return readFile(path.join(MODULES, FONTS[name.slice(fonts.length)] ?? MONOSPACED));
  const content = files.get(name);
  if (!content) throw new Error(`no ${name}`);
  return content;
}
