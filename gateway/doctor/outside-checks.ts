// Checks of the programs beside the gateway: the outside broker and QuestDB. What loses readings is a failure, by name.

import { finding } from './data-checks.ts';
import type { BrokerFacts, Finding, QuestdbFacts } from './facts.ts';

/** The release that all of it was measured with; others may have other settings. */
const questdbKnown = '9.3.4';
/** QuestDB takes 90 % of the machine when nobody says otherwise; beside the gateway that is too much. */
const ramLimitBytesMost = 16 * 1024 ** 3;
/** Commits accepted and not applied: at 5 a second and table, twenty seconds. */
const commitsBehindMost = 100;

export function checkBroker({ url, fault, losses, unknowns, summary }: BrokerFacts): Finding[] {
  if (fault !== null)
    return [finding('broker', 'failure', `${url} 无法连接：${fault}`, `${url} cannot be asked: ${fault}`)];
  if (losses.length === 0 && unknowns.length === 0)
    return [finding('broker', 'ok', `${url} ${summary}`, `${url} ${summary}`)];
  return [
    ...losses.map(({ zh, en }) =>
      finding('broker', 'failure', `${url} 会丢数据：${zh}`, `${url} loses readings: ${en}`),
    ),
    ...unknowns.map(({ zh, en }) => finding('broker', 'warning', zh, en)),
  ];
}

export function checkQuestdb(facts: QuestdbFacts): Finding[] {
  const { url, fault, version, suspended, behind, invalidViews, tables } = facts;
  if (fault !== null)
    return [
      finding(
        'questdb',
        'failure',
        `${url} 无法使用：${fault}（报警不受影响，历史待其恢复后补齐）`,
        `${url} cannot be used: ${fault} (alarms go on; history catches up later)`,
      ),
    ];
  const found: Finding[] = [
    ...versionFindings(version),
    ...commitModeFindings(facts),
    ...ramLimitFindings(facts),
    ...suspended.map(({ table, reason }) =>
      finding(
        'questdb',
        'failure',
        `表 ${table} 已挂起（${reason}）：腾出空间后 ALTER TABLE ${table} RESUME WAL`,
        `table ${table} is suspended (${reason}): make room, then ALTER TABLE ${table} RESUME WAL`,
      ),
    ),
    ...behind
      .filter(({ commits }) => commits > commitsBehindMost)
      .map(({ table, commits }) =>
        finding(
          'questdb',
          'warning',
          `表 ${table} 落后 ${commits} 次提交`,
          `table ${table} is ${commits} commits behind`,
        ),
      ),
    ...invalidViews.map(({ view, reason }) =>
      finding(
        'questdb',
        'failure',
        `视图 ${view} 失效（${reason}）：REFRESH MATERIALIZED VIEW ${view} FULL`,
        `view ${view} is invalid (${reason}): REFRESH MATERIALIZED VIEW ${view} FULL`,
      ),
    ),
    ...tables
      .filter(({ keeps }) => keeps === null)
      .map(({ name }) =>
        finding(
          'questdb',
          'warning',
          `表 ${name} 无 TTL：永久保留，磁盘只增不减`,
          `table ${name} has no TTL: it only grows`,
        ),
      ),
    ...tables
      .filter(({ hasDedup }) => !hasDedup)
      .map(({ name }) =>
        finding(
          'questdb',
          'failure',
          `表 ${name} 未启用 DEDUP：重发会重复`,
          `table ${name} has no DEDUP keys: what is sent again is there twice`,
        ),
      ),
  ];
  if (found.length > 0) return found;
  const kept = tables.map(({ name, keeps }) => `${name} ${keeps}`).join(', ');
  const words = `${url} ${version}, commit.mode=sync${kept === '' ? '' : `, ${kept}`}`;
  return [finding('questdb', 'ok', words, words)];
}

function versionFindings(version: string | null): Finding[] {
  if (version === questdbKnown) return [];
  const is = version ?? '?';
  return [
    finding(
      'questdb',
      'warning',
      `版本 ${is}，已验证的是 ${questdbKnown}`,
      `is ${is}; what was tried is ${questdbKnown}`,
    ),
  ];
}

function commitModeFindings({ commitMode }: QuestdbFacts): Finding[] {
  if (commitMode === 'sync') return [];
  const is = commitMode ?? '?';
  return [
    finding(
      'questdb',
      'failure',
      `cairo.commit.mode=${is}：断电会丢失或撕裂已确认的行，请设为 sync`,
      `cairo.commit.mode=${is}: a power cut loses or tears rows it has accepted; set it to sync`,
    ),
  ];
}

function ramLimitFindings({ ramLimitBytes }: QuestdbFacts): Finding[] {
  if (ramLimitBytes !== null && ramLimitBytes > 0 && ramLimitBytes <= ramLimitBytesMost) return [];
  return [
    finding(
      'questdb',
      'warning',
      'ram.usage.limit.bytes 未设置或过大：可能占满整机内存',
      'ram.usage.limit.bytes is not set, or large: it may take the whole machine',
    ),
  ];
}
