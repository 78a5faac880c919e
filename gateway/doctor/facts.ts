// What `doctor` gathers, as plain facts: checks are functions of these and of nothing else, so that each can be tested
// with a fact that no machine at hand has. Null means: could not be told here (not "fine").

export interface Facts {
  readonly node: { readonly version: string };
  readonly data: DataFacts | null;
  readonly clock: ClockFacts;
  readonly limits: LimitFacts;
  readonly memory: MemoryFacts;
  readonly ports: readonly PortFacts[];
  readonly tls: TlsFacts | null;
  readonly broker: BrokerFacts | null;
  readonly questdb: QuestdbFacts | null;
}

export interface DataFacts {
  readonly folder: string;
  readonly exists: boolean;
  /** Why it cannot be written, or null. */
  readonly unwritable: string | null;
  /** Of the folder and of whoever asks; null where the system has no such numbers. */
  readonly owner: { readonly folder: number; readonly own: number } | null;
  /** `statfs` type of the file system, as unsigned 32 bit. */
  readonly fileSystem: number | null;
  readonly space: { readonly freeBytes: number; readonly totalBytes: number } | null;
  /** Wanted as reserve, and what of it lies there already. */
  readonly reserve: { readonly wantedBytes: number; readonly madeBytes: number };
  /** Median and worst of some small synced writes. */
  readonly syncMs: { readonly median: number; readonly worst: number } | null;
  readonly journal: JournalFacts | null;
  readonly checkpoints: CheckpointFacts | null;
}

export interface JournalFacts {
  readonly segments: number;
  readonly start: number;
  readonly end: number;
  readonly damage: readonly { readonly from: number; readonly to: number }[];
  /** When its newest segment was last written. */
  readonly writtenAt: number | null;
}

export interface CheckpointFacts {
  /** Journal position of the newest good one. */
  readonly position: number | null;
  readonly rejected: readonly { readonly name: string; readonly reason: 'damaged' | 'otherLayout' }[];
}

export interface ClockFacts {
  readonly now: number;
  /** How far the clock of the day ran away from the monotonic one while the doctor looked. */
  readonly jumpMs: number;
  readonly watchedMs: number;
  readonly isSynchronised: boolean | null;
}

export interface LimitFacts {
  readonly openFiles: number | null;
  readonly mapCount: number | null;
}

export interface MemoryFacts {
  /** Of the machine, or of its container when that has less. */
  readonly totalBytes: number;
  readonly availableBytes: number;
}

export interface PortFacts {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** ours: a gateway runs on this data folder and holds it. */
  readonly state: 'free' | 'ours' | 'taken' | 'denied' | 'noSuchAddress';
}

export interface TlsFacts {
  readonly certificate: string;
  readonly key: string;
  /** Why they are of no use, or null. */
  readonly fault: string | null;
  readonly validFrom: number;
  readonly validTo: number;
}

export interface BrokerFacts {
  readonly url: string;
  /** Why it cannot be asked, or null. */
  readonly fault: string | null;
  /** What the broker does that loses readings, each with its cure; and what it could not be asked. */
  readonly losses: readonly Words[];
  readonly unknowns: readonly Words[];
  readonly summary: string;
}

export interface QuestdbFacts {
  readonly url: string;
  readonly isLocal: boolean;
  readonly fault: string | null;
  readonly version: string | null;
  readonly commitMode: string | null;
  readonly ramLimitBytes: number | null;
  readonly suspended: readonly { readonly table: string; readonly reason: string }[];
  readonly behind: readonly { readonly table: string; readonly commits: number }[];
  readonly invalidViews: readonly { readonly view: string; readonly reason: string }[];
  readonly tables: readonly {
    readonly name: string;
    /** As QuestDB says it; null: kept for ever. */
    readonly keeps: string | null;
    readonly hasDedup: boolean;
  }[];
}

export interface Words {
  readonly zh: string;
  readonly en: string;
}

export type Level = 'ok' | 'warning' | 'failure';

export interface Finding extends Words {
  readonly check: CheckName;
  readonly level: Level;
}

/** Every line of the table, in its order. */
export const checkTitles = {
  node: { zh: 'Node 版本', en: 'Node' },
  dataFolder: { zh: '数据目录', en: 'data folder' },
  fileSystem: { zh: '文件系统', en: 'file system' },
  room: { zh: '磁盘空间', en: 'room' },
  sync: { zh: '同步写耗时', en: 'synced write' },
  journal: { zh: '日志', en: 'journal' },
  checkpoint: { zh: '检查点', en: 'checkpoint' },
  clock: { zh: '时钟', en: 'clock' },
  openFiles: { zh: '打开文件数', en: 'open files' },
  mapCount: { zh: '内存映射数', en: 'vm.max_map_count' },
  memory: { zh: '内存', en: 'memory' },
  ports: { zh: '端口', en: 'ports' },
  tls: { zh: '证书', en: 'TLS' },
  broker: { zh: 'MQTT 代理', en: 'broker' },
  questdb: { zh: 'QuestDB', en: 'QuestDB' },
} as const satisfies Readonly<Record<string, Words>>;

export type CheckName = keyof typeof checkTitles;
