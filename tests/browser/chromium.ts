// A Chromium for the tests and the pictures: the one named by FENGSUI_CHROMIUM, else the machine's, else the packed one
// of the development dependencies (linux-x64). None: said loudly, and a failure where FENGSUI_CI=1 demands one.

import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

interface Found {
  readonly executablePath: string;
  readonly args: readonly string[];
}

const installedAt = '/usr/bin/chromium';
/** Tests run as root in containers; the page is our own. */
const argsAlways = ['--no-sandbox'];

/** Null: there is none, and that has been said. */
export async function findChromium(): Promise<Found | null> {
  const named = process.env['FENGSUI_CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`FENGSUI_CHROMIUM: there is no file ${named}`);
    return { executablePath: named, args: argsAlways };
  }
  if (existsSync(installedAt)) return { executablePath: installedAt, args: argsAlways };
  const packed = await unpackChromium();
  if (packed !== null) return packed;
  if (process.env['FENGSUI_CI'] === '1') throw new Error('no Chromium, and FENGSUI_CI=1 demands one');
  console.warn('SKIPPED: no Chromium (give FENGSUI_CHROMIUM its path)');
  return null;
}

async function unpackChromium(): Promise<Found | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  // Without it the package leaves out the libraries that a bare machine lacks.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs24.x';
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    return { executablePath: await packed.executablePath(), args: [...packed.args, ...argsAlways] };
  } catch (error) {
    console.warn(
      `the packed Chromium cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

export function launch(found: Found): Promise<Browser> {
  return chromium.launch({ executablePath: found.executablePath, args: [...found.args], headless: true });
}

/** A desk as in a mine: Chinese, Beijing time. */
export const deskOptions = {
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
  viewport: { width: 1920, height: 1080 },
} as const;
