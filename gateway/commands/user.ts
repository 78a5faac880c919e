// `fengsui user …`: people and passwords, beside a running gateway or without one.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigurationError, readSettings } from '../config.ts';
import { resetPassword } from '../serving/accounts/reset.ts';

const root = join(import.meta.dirname, '..', '..');

export async function userCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const dataFolder = values.data ?? readSettings(process.env).dataFolder ?? join(root, 'var', 'demo');
  const [action, name] = positionals;
  if (action === 'reset' && name !== undefined && positionals.length === 2) return reset(dataFolder, name);
  throw new ConfigurationError(['usage: fengsui user reset NAME [--data DIR]']);
}

async function reset(dataFolder: string, name: string): Promise<number> {
  const password = await resetPassword(dataFolder, name);
  if (password === null) {
    process.stderr.write(`No person ${name} in ${dataFolder}. 没有此人：${name}\n`);
    return 1;
  }
  process.stdout.write(`新口令，仅显示一次 (new password, shown once): ${password}\n`);
  return 0;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { data: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error)]);
  }
}
