// The directions of dependency (ARCHITECTURE.md). Each rule says what to do instead. `npm run check` runs them.
const inTests =
  '(\\.test\\.ts$|^tests/|^alarms/test/|^gateway/test/|^simulators/test/|^dashboard/(e2e|dev)/)';
const source = (path) => ({ path, pathNot: inTests });

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import one another are one file, or the shared part wants a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'alarms-stand-alone',
      comment: 'The core is pure: pass what it needs as an argument, or put the thread or adapter around it.',
      severity: 'error',
      from: source('^alarms/'),
      to: { pathNot: '^alarms/' },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel is the ground of every part: what needs a part does not belong there.',
      severity: 'error',
      from: source('^alarms/kernel/'),
      to: { path: '^alarms/', pathNot: '^alarms/kernel/' },
    },
    {
      name: 'parts-meet-in-engine',
      comment: 'Rules know nothing of alarm life and cases; what joins parts belongs to alarms/engine.',
      severity: 'error',
      from: source('^alarms/(registry|telemetry|rules|catalogue)/'),
      to: { path: '^alarms/(lifecycle|workflow|engine)/' },
    },
    {
      name: 'lifecycle-before-workflow',
      comment: 'The alarm follows the process and knows no case machine.',
      severity: 'error',
      from: source('^alarms/lifecycle/'),
      to: {
        path: '^alarms/(workflow|engine)/',
        pathNot: '^alarms/workflow/document-index\\.ts$|^alarms/engine/documents\\.ts$',
      },
    },
    {
      name: 'protocol-imports-alarms-only',
      comment:
        'The wire contract is compiled for the dashboard too: types of the core and zod, nothing else.',
      severity: 'error',
      from: source('^gateway/protocol/'),
      to: { pathNot: '^(alarms|gateway/protocol)/|node_modules/zod/' },
    },
    {
      name: 'core-has-no-screens',
      comment: 'The alarm thread does nothing but the alarm path.',
      severity: 'error',
      from: source('^gateway/core/'),
      to: { path: '^(gateway/(serving|projector|adapters/sqlite)|dashboard|simulators)/' },
    },
    {
      name: 'projector-and-serving-apart',
      comment:
        'They talk by shared memory and messages; shared types live in ports, protocol, journal or alarms.',
      severity: 'error',
      from: source('^gateway/projector/'),
      to: { path: '^gateway/(serving|core)/' },
    },
    {
      name: 'serving-knows-no-core',
      comment: 'Serving hears of the core by messages; what both need lives in ports, protocol or alarms.',
      severity: 'error',
      from: source('^gateway/serving/'),
      to: { path: '^gateway/(core|projector)/' },
    },
    {
      name: 'formats-are-pure',
      comment: 'A decoder takes bytes and gives a batch or a refusal: no input, no output.',
      severity: 'error',
      from: source('^gateway/formats/'),
      to: {
        pathNot:
          '^(alarms/kernel|gateway/protocol|gateway/formats)/|^alarms/(registry/definition|telemetry/report)\\.ts$|node_modules/(zod|iconv-lite)/',
      },
    },
    {
      name: 'gb18030-in-upload-files',
      comment: 'Only upload files are written in GB18030; everything else is UTF-8.',
      severity: 'error',
      from: { path: '^(alarms|gateway|dashboard|simulators)/', pathNot: '^gateway/formats/mtt1201/' },
      to: { path: 'node_modules/iconv-lite/' },
    },
    {
      name: 'adapters-apart',
      comment:
        'An adapter wraps one outside thing and knows no other adapter; mqtt-wire is no adapter but the bytes that both MQTT adapters read.',
      severity: 'error',
      from: { path: '^gateway/adapters/([^/]+)/', pathNot: inTests },
      to: { path: '^gateway/adapters/([^/]+)/', pathNot: '^gateway/adapters/($1|mqtt-wire)/' },
    },
    {
      name: 'one-package-one-place-mqtt',
      comment: 'MQTT lives in its adapters; simulators/publish.ts is the one publisher.',
      severity: 'error',
      from: { pathNot: `^gateway/adapters/mqtt-|^simulators/publish\\.ts$|^bench/|${inTests}` },
      to: { path: 'node_modules/(aedes|mqtt|mqtt-packet)/' },
    },
    {
      name: 'fastify-in-serving',
      comment: 'HTTP is served by gateway/serving alone.',
      severity: 'error',
      from: { pathNot: `^gateway/serving/|${inTests}` },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'pino-in-observability',
      comment: 'Log lines and metrics are written through gateway/observability.',
      severity: 'error',
      from: { pathNot: `^gateway/observability/|${inTests}` },
      to: { path: 'node_modules/(pino|prom-client)/' },
    },
    {
      name: 'dashboard-sees-the-wire-only',
      comment: 'Screens know the wire contract and the kernel; everything else comes over the stream.',
      severity: 'error',
      from: { path: '^dashboard/src/', pathNot: inTests },
      to: { path: '^(alarms|gateway|simulators|seeds)/', pathNot: '^(alarms/kernel|gateway/protocol)/' },
    },
    {
      name: 'screens-apart',
      comment: 'A screen imports no other screen: shared parts are widgets.',
      severity: 'error',
      from: { path: '^dashboard/src/(overview|alarms|case|trends|links|login)/' },
      to: {
        path: '^dashboard/src/(overview|alarms|case|trends|links|login)/',
        pathNot: '^dashboard/src/$1/',
      },
    },
    {
      name: 'simulators-see-the-wire-only',
      comment: 'A simulator is an outside device: it knows the wire and the kernel.',
      severity: 'error',
      from: source('^simulators/'),
      to: { path: '^(alarms|gateway|dashboard)/', pathNot: '^(alarms/(kernel|registry)|gateway/protocol)/' },
    },
    {
      name: 'nobody-imports-the-top',
      comment: 'main.ts wires; bench, scripts and tests are entry points.',
      severity: 'error',
      from: { pathNot: inTests },
      to: { path: '^(gateway/main\\.ts|bench/|scripts/|tests/)', pathNot: '^(bench|scripts)/' },
    },
    {
      name: 'no-tests-in-the-program',
      comment: 'Test code stays beside the program, never in it.',
      severity: 'error',
      from: { path: '^(alarms|gateway|simulators|seeds|dashboard)/', pathNot: inTests },
      to: { path: '\\.test\\.ts$|^(alarms|gateway|simulators)/test/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'dashboard/dist' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.vue', '.json'],
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
