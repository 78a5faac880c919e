// Operator stories as text tables: `at | who | does | answer | case`. `who` is a person of the world, or `rules`.
// The answer column lists the events of the step, or the refusal; the case column the stage, level and attempt of the
// newest case. A line's columns left empty are not compared... but the answer always is.

import type { Level } from '../kernel/level.ts';
import type { Event } from '../log/event.ts';
import type { CommandAnswer } from '../workflow/command.ts';
import type { CaseWorld, Payload } from './case-world.ts';

/** Line by line what the story says and what came, to be compared as wholes. */
export interface Played {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

const reason = '原因已查明，现场已处理完毕';
const evidence = ['a'.repeat(64)];

export function playStory(world: CaseWorld, story: string): Played {
  const start = world.now;
  const expected: string[] = [];
  const actual: string[] = [];
  for (const line of linesOf(story)) {
    const [at = '', who = '', does = '', answer = '', state = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    world.now = start + durationMs(at);
    const came = who === 'rules' ? playRules(world, does) : playPerson(world, who, does);
    expected.push([at, who, does, answer, state].join(' | '));
    actual.push([at, who, does, came, state === '' ? '' : stateText(world)].join(' | '));
  }
  return { expected, actual };
}

function linesOf(story: string): readonly string[] {
  const lines = story.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function playRules(world: CaseWorld, does: string): string {
  const [verb = '', rule = '', scope = '', extra = '', quantity] = does.split(/\s+/);
  switch (verb) {
    case 'raise':
      return eventsText(
        world.raise(
          rule,
          scope,
          extra as Level,
          quantity === undefined ? {} : { quantity: Number(quantity) },
        ),
      );
    case 'level':
      return eventsText(world.levelUp(rule, scope, extra as Level));
    case 'clear':
      return eventsText(world.clear(rule, scope, extra === '' ? {} : { peak: Number(extra) }));
    case 'withdraw':
      return eventsText(world.clear(rule, scope, { reason: 'withdrawn' }));
    case 'change':
      return eventsText(world.clear(rule, scope, { reason: 'ruleChanged' }));
    case 'unknown':
    case 'known':
      return eventsText(world.known(verb, rule, scope));
    default:
      throw new Error(`no such deed of the rules: ${does}`);
  }
}

function playPerson(world: CaseWorld, who: string, does: string): string {
  const words = does.split(/\s+/);
  const name = words[0] ?? '';
  const named = words.find((word) => word.startsWith('case='));
  const id = named === undefined ? (world.newestCase()?.id ?? '-') : named.slice('case='.length);
  const proof = words.includes('evidence') ? { evidence } : {};
  const has = (word: string): boolean => words.includes(word);
  const { answer, events } = (() => {
    switch (name) {
      case 'AcknowledgeAlarm':
        return world.command(who, name, { alarm: words[1] ?? '' });
      case 'SilenceAlarm':
        return world.command(who, name, { alarm: words[1] ?? '', minutes: Number(words[2]) });
      case 'ReceiveCase':
        return world.command(who, name, { case: id });
      case 'RecordAction':
        return world.command(who, name, { case: id, kind: words[1] as Payload<'RecordAction'>['kind'] });
      case 'RecordMeasure':
        return world.command(who, name, {
          case: id,
          kind: words[1] as Payload<'RecordMeasure'>['kind'],
          text: reason,
          person: '张三',
          evidence,
        });
      case 'CompleteHandling':
        return world.command(who, name, { case: id, cause: 'ventilation', text: reason });
      case 'DismissCase': {
        const disposition = has('falseAlarm') ? 'falseAlarm' : 'resolved';
        return world.command(who, name, { case: id, disposition, text: reason, ...proof });
      }
      case 'VerifyCase': {
        const result = has('fail') ? 'fail' : 'pass';
        const mode = has('onSite') ? 'onSite' : 'online';
        return world.command(who, name, { case: id, result, mode, text: reason, ...proof });
      }
      case 'FeedBackCase':
        return world.command(who, name, { case: id, text: reason, to: ['county'] });
      case 'ArchiveCase':
        return world.command(who, name, { case: id });
      case 'ReturnCase':
      case 'ReopenCase':
        return world.command(who, name, { case: id, text: reason });
      case 'DecideHazard': {
        const decision = has('rejected') ? 'rejected' : 'confirmed';
        return world.command(who, name, { case: id, decision, text: reason });
      }
      default:
        throw new Error(`no such command: ${does}`);
    }
  })();
  return answerText(answer, events);
}

export function answerText(answer: CommandAnswer, events: readonly Event[]): string {
  return answer.refused ? answer.code : eventsText(events);
}

function eventsText(events: readonly Event[]): string {
  return events.length === 0 ? '-' : events.map((event) => event.type).join(' ');
}

function stateText(world: CaseWorld): string {
  const state = world.newestCase();
  return state === undefined ? '-' : `${state.id} ${state.stage} ${state.level} ${state.attempt}`;
}

function durationMs(text: string): number {
  const match = /^(\d+)(s|m|h|d)$/.exec(text);
  if (match === null) throw new Error(`no such time: ${text}`);
  const unit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 's' | 'm' | 'h' | 'd'];
  return Number(match[1]) * unit;
}
