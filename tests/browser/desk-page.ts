// One person's browser at the desk of the gateway, by what is written on the screen. Everything waits for a condition;
// what the console calls an error is collected, but for what is expected there.

import type { Browser, BrowserContext, ConsoleMessage, Locator, Page } from 'playwright-core';
import { deskOptions } from './chromium.ts';

/** A PNG of one pixel: evidence. Each piece is another file, for evidence is named by its content. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly zh?: string };
}

export class DeskPage {
  readonly page: Page;
  /** Times a document was loaded: stays 1 as long as nobody reloads. */
  loads = 0;
  readonly errors: string[] = [];
  /** While the gateway is down the browser itself reports every failed connection. */
  isGatewayDown = false;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('load', () => {
      this.loads += 1;
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.#isExpected(message)) {
        this.errors.push(`${message.text()} (${message.location().url})`);
      }
    });
  }

  static async open(browser: Browser, url: string, user: string, password: string): Promise<DeskPage> {
    const context = await browser.newContext(deskOptions);
    const desk = new DeskPage(context, await context.newPage());
    desk.page.setDefaultTimeout(10_000);
    await desk.page.goto(url);
    await desk.page.getByLabel('账号').fill(user);
    await desk.page.getByLabel('口令').fill(password);
    await desk.page.getByRole('button', { name: '登录' }).click();
    await desk.page.locator('nav.rail').waitFor();
    return desk;
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  /** Nobody is logged in yet when the page first asks; commands that are refused are shown by the page itself. */
  #isExpected(message: ConsoleMessage): boolean {
    const { url } = message.location();
    const text = message.text();
    if (this.isGatewayDown) return /ERR_|WebSocket|Failed to load resource/.test(text);
    if (/status of 401/.test(text)) return url.endsWith('/api/v1/session');
    return /status of 4(03|09|22)/.test(text) && url.includes('/api/v1/commands/');
  }

  /** By the rail, as a person does: never by a reload. */
  async openCase(id: string): Promise<void> {
    await this.page.locator('nav.rail').getByRole('link', { name: '处置' }).click();
    await this.page.locator('nav.rail a[aria-current="page"]', { hasText: '处置' }).waitFor();
    await this.page.getByRole('link', { name: id, exact: true }).first().click();
    await this.page.locator('.stages').waitFor();
  }

  /** The stage that is being worked on, as the bar of stages shows it. */
  stageNow(stage: string): Locator {
    return this.page.locator('.stages li[aria-current="step"] b', { hasText: new RegExp(`^${stage}$`) });
  }

  async tab(command: string): Promise<void> {
    await this.page.getByRole('tab', { name: command, exact: true }).click();
  }

  submitButton(): Locator {
    return this.page.locator('#command-form button[type="submit"]');
  }

  async attach(name: string): Promise<void> {
    const form = this.page.locator('#command-form');
    await form.locator('input[type="file"]').setInputFiles({
      name,
      mimeType: 'image/png',
      buffer: Buffer.concat([pixel, Buffer.from(name)]),
    });
    await form.getByText(name, { exact: true }).waitFor();
  }

  /** Sends the form and waits until the gateway has recorded it; a refusal is told as it stands on the screen. */
  async submit(recorded: string): Promise<void> {
    await this.submitButton().click();
    const done = this.page.getByText(`已记录：${recorded}`, { exact: true });
    const refused = this.page.locator('#command-form').getByRole('alert');
    await done.or(refused).first().waitFor();
    if (await refused.isVisible()) throw new Error(`${recorded}: ${await refused.innerText()}`);
  }

  /** Sends the form and returns what the screen says about the refusal. */
  async submitRefused(): Promise<string> {
    await this.submitButton().click();
    return this.page.locator('#command-form').getByRole('alert').innerText();
  }

  /** A command past the screen, with this person's own session: what a screen that offers too much would send. */
  send(command: string, payload: object): Promise<Answer> {
    return this.page.evaluate(
      async ({ command, body }) => {
        const answer = await fetch(`/api/v1/commands/${command}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-requested-with': 'fengsui' },
          body,
        });
        return { status: answer.status, body: (await answer.json()) as { code?: string; zh?: string } };
      },
      { command, body: JSON.stringify({ ...payload, commandId: crypto.randomUUID() }) },
    );
  }

  /** The case as the record has it. */
  read(path: string): Promise<unknown> {
    return this.page.evaluate(async (path) => {
      const answer = await fetch(`/api/v1${path}`);
      const body: unknown = await answer.json();
      return body;
    }, path);
  }
}
