// The pictures of docs/pictures/, taken from a real demonstration while its ventilation loss plays. Run by hand:
// `node scripts/run.mjs tests/browser/pictures.ts`; takes about five minutes. Prints how much the first load weighs.

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { printedPassword } from '../gateway/api-client.ts';
import { GatewayProcess, projectRoot, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { deskOptions, findChromium, launch } from './chromium.ts';
import { DeskPage } from './desk-page.ts';

const folder = join(projectRoot, 'docs', 'pictures');
const pictureBytesMax = 350_000;
/** The loss begins half a minute after the start and takes two minutes to its height. */
const lossWithinMs = 240_000;
const narrow = { width: 1280, height: 800 };

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready.then(() => null)');
  const picture = await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
  const tooBig = picture.length > pictureBytesMax ? ' TOO BIG' : '';
  console.log(`${name}.png ${Math.round(picture.length / 1000)} kB${tooBig}`);
  if (tooBig !== '') process.exitCode = 1;
}

/** What a browser with an empty cache loads to show the login, as gzip; fonts apart. */
async function weigh(page: Page, url: string): Promise<void> {
  const loads: Promise<{ url: string; bytes: number }>[] = [];
  page.on('response', (response) => {
    if (/\.(woff2?)(\?|$)|\/api\//.test(response.url())) return;
    loads.push(response.body().then((body) => ({ url: response.url(), bytes: gzipSync(body).length })));
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  const loaded = await Promise.all(loads);
  const bytes = loaded.reduce((sum, one) => sum + one.bytes, 0);
  console.log(`first load: ${(bytes / 1000).toFixed(1)} kB gzip in ${loaded.length} files`);
}

const found = await findChromium();
if (found === null) process.exit(1);
const data = temporaryFolder('pictures');
const gateway = await GatewayProcess.start({ dataFolder: data.path, command: 'demo' });
const browser = await launch(found);
try {
  const { url } = gateway.run;
  const context = await browser.newContext(deskOptions);
  const stranger = await context.newPage();
  await weigh(stranger, url);
  await take(stranger, 'login');
  await context.close();

  await until('the passwords are printed', () => gateway.output.includes('verifier'));
  const desk = await DeskPage.open(browser, url, 'dispatcher', printedPassword(gateway.output, 'dispatcher'));
  const { page } = desk;
  const screen = (name: string) => page.locator('nav.rail').getByRole('link', { name }).click();
  await page
    .getByText('好 28', { exact: true })
    .or(page.getByText(/^好\s*28$/))
    .first()
    .waitFor();
  await take(page, 'calm');

  await page.getByText('甲烷特高值超限').first().waitFor({ timeout: lossWithinMs });
  await page
    .getByText(/^4\.[4-9]0$/)
    .first()
    .waitFor({ timeout: lossWithinMs });
  await take(page, 'overview');
  await page.setViewportSize(narrow);
  await take(page, 'overview-1280');
  await page.setViewportSize(deskOptions.viewport);

  await screen('报警');
  await page.getByText('甲烷特高值超限').first().click();
  await page.waitForLoadState('networkidle');
  await take(page, 'alarms');

  await desk.openCase('demo/C1');
  await desk.submit('接报');
  for (const [action, place] of [
    ['停电', '工作面及回风流'],
    ['撤人', '工作面'],
  ] as const) {
    await desk.tab('处置措施');
    await page.getByLabel('措施', { exact: true }).selectOption({ label: action });
    await page.getByLabel('地点').fill(place);
    await desk.submit('登记处置措施');
  }
  await desk.tab('处置完成');
  await take(page, 'case');

  await screen('趋势');
  await page.getByText('上隅角甲烷 T0').first().waitFor();
  await page.getByLabel('工作面甲烷 T1 (MM263)').check();
  await page.getByLabel('回风巷甲烷 T2 (MM264)').check();
  await page.locator('canvas').first().waitFor();
  await page.waitForLoadState('networkidle');
  await take(page, 'trends');

  await screen('总览');
  await gateway.kill();
  await page.getByText(/^断开 /).waitFor();
  await take(page, 'disconnected');
} finally {
  await browser.close();
  await gateway.stop();
  data.remove();
}
