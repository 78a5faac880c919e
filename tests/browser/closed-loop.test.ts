// The whole road in a real browser: an over-limit arrives by MQTT and five people, each at an own desk, walk its case to
// the archive, while the gateway is killed and started again in between. Told as one story, for each step needs the last.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaseDetail } from '#gateway/protocol/api.ts';
import { GatewayProcess, temporaryFolder, type RunFile } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { findChromium, launch } from './chromium.ts';
import { DeskPage } from './desk-page.ts';
import { calmMethane, calmMs, makePeople, makeSite, Sensors } from './test-site.ts';

const found = await findChromium();
const storyWithinMs = 90_000;
const startWithinMs = 60_000;
const caseId = 'demo/C1';
const extremeMethane = 3.4;

describe.skipIf(found === null)('the closed loop in a browser', () => {
  const folder = temporaryFolder('browser');
  const data = join(folder.path, 'data');
  const site = join(folder.path, 'site');
  const desks = new Map<string, DeskPage>();
  let gateway: GatewayProcess & { run: RunFile };
  let browser: Browser;
  let sensors: Sensors;

  function desk(name: string): DeskPage {
    return desks.get(name)!;
  }

  /** Everybody's page shows the stage, nobody having reloaded. */
  async function everybodySees(stage: string): Promise<void> {
    for (const one of desks.values()) await one.stageNow(stage).waitFor();
  }

  function start(ports: Readonly<Record<string, string>>): Promise<GatewayProcess & { run: RunFile }> {
    return GatewayProcess.start({ dataFolder: data, environment: { FENGSUI_SITE: site, ...ports } });
  }

  beforeAll(async () => {
    makeSite(site);
    const passwords = await makePeople(data);
    gateway = await start({});
    browser = await launch(found!);
    sensors = new Sensors(gateway.run.mqttPort);
    for (const [name, password] of passwords) {
      desks.set(name, await DeskPage.open(browser, gateway.run.url, name, password));
    }
  }, startWithinMs);

  afterAll(async () => {
    sensors?.close();
    await browser?.close();
    await gateway?.kill();
    folder.remove();
  }, startWithinMs);

  test(
    'walks a case to the archive by five people, one of them only watching, over a kill of the gateway',
    async () => {
      const dispatcher = desk('dispatcher');
      const officer = desk('officer');
      const leader = desk('leader');
      const verifier = desk('verifier');
      const watcher = desk('watcher');

      // 监测预警: the alarm appears on open pages.
      await dispatcher.page.getByText('没有在报报警').first().waitFor();
      sensors.methane = extremeMethane;
      for (const one of desks.values()) {
        await one.page.getByText('甲烷特高值超限').first().waitFor();
        await one.openCase(caseId);
      }
      await everybodySees('接报');

      // 接报
      await dispatcher.submit('接报');
      await everybodySees('处置');
      await watcher.page.getByText('陈立军').first().waitFor();

      // 处置
      for (const [action, place] of [
        ['停电', '上隅角及回风流'],
        ['撤人', '工作面'],
      ] as const) {
        await dispatcher.tab('处置措施');
        await dispatcher.page.getByLabel('措施', { exact: true }).selectOption({ label: action });
        await dispatcher.page.getByLabel('地点').fill(place);
        await dispatcher.submit('登记处置措施');
      }
      await timelineOf(watcher, '撤人');

      await killAndRecover();

      // 四项措施, each with evidence; 处置完成
      for (const [measure, text] of [
        ['停电撤人', '回风流中全部非本质安全型电源已切断，人员撤至进风侧'],
        ['分析原因', '通风设施损坏导致风量不足，上隅角瓦斯积聚'],
        ['停产整改', '停止采煤作业，修复风门并重新测定风量'],
        ['追究责任', '对通风设施巡查不到位的责任人按制度处理'],
      ] as const) {
        await officer.tab('四项措施');
        await officer.page.locator('#field-measure').selectOption({ label: measure });
        await officer.page.getByLabel('责任人').fill('王海燕');
        await officer.page.getByLabel('说明').fill(text);
        await officer.attach(`${measure}.png`);
        await officer.submit('登记四项措施');
      }
      await watcher.page.getByText('4 / 4').waitFor();
      await officer.tab('处置完成');
      await officer.page.getByLabel('原因类别').selectOption({ label: '通风' });
      await officer.page.getByLabel('说明').fill('风门修复，风量恢复到设计值');
      await officer.submit('处置完成');
      await everybodySees('消警');

      // 消警: not before the gas is back.
      await leader.tab('消警');
      await leader.page.getByLabel('消警理由').selectOption({ label: '已消除' });
      await leader.page.getByLabel('说明').fill('瓦斯浓度恢复正常，处置完毕');
      await expectDisabled(leader);
      sensors.methane = calmMethane;
      await leader.submit('消警');
      await everybodySees('核查');

      // 核查: neither the leader, who dismissed, nor the dispatcher, whose role it is not.
      await leader.tab('核查');
      await leader.page.getByLabel('核查结论').selectOption({ label: '通过' });
      await leader.page.getByLabel('核查方式').selectOption({ label: '现场' });
      await leader.attach('矿领导.png');
      const refusal = await leader.submitRefused();
      expect(refusal).toContain('须由另一人办理');
      expect(refusal).toContain('SAME_PERSON');
      await dispatcher.tab('核查');
      await expectDisabled(dispatcher);
      await dispatcher.page.getByText('无此权限').first().waitFor();
      const { version } = (await detail(dispatcher)).case;
      const forbidden = await dispatcher.send('VerifyCase', {
        case: caseId,
        version,
        result: 'pass',
        mode: 'onSite',
      });
      expect(forbidden).toMatchObject({ status: 403, body: { code: 'ROLE_FORBIDDEN', zh: '无此权限' } });
      expect((await detail(dispatcher)).case.stage).toBe('dismissed');

      await verifier.tab('核查');
      await verifier.page.getByLabel('核查结论').selectOption({ label: '通过' });
      await verifier.page.getByLabel('核查方式').selectOption({ label: '现场' });
      await verifier.attach('现场核查.png');
      // Fast hands: the second of calm after the last return may not be over yet.
      await until('calm', async () => {
        const { lastReturnAt } = (await detail(verifier)).case;
        return lastReturnAt !== null && Date.now() - lastReturnAt > 1_500;
      });
      await untilCalm();
      await verifier.submit('核查');
      await everybodySees('反馈');

      // 反馈, 隐患认定, 归档
      await officer.tab('反馈');
      await officer.page.getByLabel('反馈给').fill('演示集团');
      await officer.page.getByLabel('说明').fill('超限原因与整改情况已报集团调度');
      await officer.submit('反馈');
      await everybodySees('归档');
      await leader.tab('归档');
      await leader.page.getByText('重大隐患').first().waitFor();
      await leader.tab('隐患认定');
      await leader.page.getByLabel('认定', { exact: true }).selectOption({ label: '认定为重大隐患' });
      await leader.page.getByLabel('说明').fill('瓦斯浓度超过百分之三，按重大隐患管理');
      await leader.submit('隐患认定');
      await watcher.page.getByText('已认定为重大隐患').first().waitFor();
      await leader.tab('归档');
      await leader.submit('归档');
      for (const one of desks.values()) await one.page.getByText('已归档，证据锁定').first().waitFor();

      await expectWholeRecord();
      for (const [name, one] of desks) {
        expect(one.errors, `console of ${name}`).toEqual([]);
        expect(one.loads, `loads of ${name}`).toBe(1);
      }
    },
    storyWithinMs,
  );

  /** The gateway is killed; every page says so and comes back by itself on the same folder and ports. */
  async function killAndRecover(): Promise<void> {
    const before = (await detail(desk('dispatcher'))).events.map(({ id }) => id);
    for (const one of desks.values()) one.isGatewayDown = true;
    await gateway.kill();
    for (const one of desks.values()) {
      await one.page.getByText(/^断开 /).waitFor();
      await one.page.getByText(/画面是 .* 的旧数据，命令停用/).waitFor();
      await one.page.locator('.shell.cut-off').waitFor();
    }
    await expectDisabled(desk('dispatcher'));
    gateway = await start({
      FENGSUI_HTTP_PORT: String(gateway.run.httpPort),
      FENGSUI_MQTT_PORT: String(gateway.run.mqttPort),
    });
    for (const one of desks.values()) {
      await one.page.getByText(/^断开 /).waitFor({ state: 'detached', timeout: 20_000 });
      await one.page.locator('nav.rail').waitFor();
      await one.stageNow('处置').waitFor();
      one.isGatewayDown = false;
    }
    const after = (await detail(desk('dispatcher'))).events.map(({ id }) => id);
    expect(after.slice(0, before.length)).toEqual(before);
    await timelineOf(desk('watcher'), '撤人');
  }

  async function expectWholeRecord(): Promise<void> {
    const { case: one, events } = await detail(desk('watcher'));
    expect(one).toMatchObject({ stage: 'archived', hazard: 'confirmed', level: 'red' });
    expect(one.actions.map(({ kind }) => kind)).toEqual(['cutPower', 'evacuate']);
    expect(one.measures).toHaveLength(4);
    expect(one.measures.every(({ evidence }) => evidence.length === 1)).toBe(true);
    const steps = events.filter(({ by }) => by !== undefined).map(({ type, by }) => `${type} ${by?.id}`);
    expect(steps.filter((step) => !step.startsWith('Alarm'))).toEqual([
      'CaseReceived dispatcher',
      'ActionRecorded dispatcher',
      'ActionRecorded dispatcher',
      ...Array.from({ length: 4 }, () => 'MeasureRecorded officer'),
      'HandlingCompleted officer',
      'CaseDismissed leader',
      'CaseVerified verifier',
      'CaseFedBack officer',
      'HazardDecided leader',
      'CaseArchived leader',
    ]);
  }

  async function untilCalm(): Promise<void> {
    const { lastReturnAt } = (await detail(desk('watcher'))).case;
    await until('the case is calm', () => lastReturnAt !== null && Date.now() > lastReturnAt + calmMs);
  }

  async function detail(one: DeskPage): Promise<CaseDetail> {
    return (await one.read(`/cases/${encodeURIComponent(caseId)}`)) as CaseDetail;
  }

  async function timelineOf(one: DeskPage, text: string): Promise<void> {
    await one.page.locator('.tl').getByText(text).first().waitFor();
  }

  async function expectDisabled(one: DeskPage): Promise<void> {
    await until('the button is disabled', () => one.submitButton().isDisabled());
  }
});
