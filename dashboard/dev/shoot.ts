// Pictures of all screens against the fake server (or any gateway): `node dashboard/dev/shoot.ts URL OUT_FOLDER [USER
// PASSWORD]`. Prints console errors of the page; for looking, not for deciding.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const [, , url = 'http://127.0.0.1:8099', out = '/tmp/shots', user = 'han', password = 'demo-pass'] =
  process.argv;
mkdirSync(out, { recursive: true });
process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs24.x';

const browser = await chromium.launch({ executablePath: await executable(), args: ['--no-sandbox'] });
for (const [name, width, height] of [
  ['1920', 1920, 1080],
  ['1280', 1280, 800],
] as const) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') console.log(name, message.text());
  });
  page.on('pageerror', (error) => console.log(name, 'page error', error.message));
  await page.goto(url);
  await page.getByRole('button', { name: '登录' }).waitFor();
  await picture(page, `login-${name}`);
  await page.getByLabel('账号').fill(user);
  await page.getByLabel('口令').fill(password);
  await page.getByRole('button', { name: '登录' }).click();
  await page.getByRole('navigation', { name: '画面' }).waitFor();
  await page.getByRole('region', { name: '当前事件' }).waitFor();
  await picture(page, `overview-${name}`);
  await page.goto(`${url}/#/alarms`);
  await page.getByRole('region', { name: '报警', exact: true }).waitFor();
  const row = page.getByRole('main').getByRole('row').nth(1);
  if ((await row.count()) > 0) await row.click();
  await picture(page, `alarms-${name}`);
  await page.goto(`${url}/#/cases`);
  await picture(page, `cases-${name}`);
  const first = page.getByRole('main').getByRole('row').nth(1).getByRole('link').first();
  if ((await first.count()) > 0) await first.click();
  await picture(page, `case-${name}`);
  await page.goto(`${url}/#/trends?points=MM261,MM264,AN422`);
  await picture(page, `trends-${name}`);
  await page.goto(`${url}/#/links`);
  await picture(page, `links-${name}`);
  await page.goto(`${url}/#/overview`);
  if (process.argv.includes('--cut')) {
    await page.request.post(`${url}/dev/cut?seconds=9`);
    await page.getByText('立即重连').waitFor();
    await picture(page, `cut-${name}`);
    await page.getByText('恢复', { exact: true }).waitFor();
    await picture(page, `resumed-${name}`);
  }
  await page.getByRole('button', { name: 'English' }).click();
  await picture(page, `english-${name}`);
  await context.close();
}
await browser.close();

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(1_200);
  await page.screenshot({ path: join(out, `${name}.png`) });
}

async function executable(): Promise<string> {
  const own = process.env['FENGSUI_CHROMIUM'] ?? '/usr/bin/chromium';
  if (existsSync(own)) return own;
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}
