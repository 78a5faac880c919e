// Reads a site folder (seeds/README.md) and gives the documents of a site, bound to the catalogue, or throws a
// ConfigurationError with every problem of every file. It writes nothing, and no half-read site leaves it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindSite, type Finding } from '#alarms/catalogue/bind.ts';
import { type GasCatalogue, parseGasCatalogue } from '#alarms/catalogue/location-types.ts';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { Fields, fieldsOf } from '#alarms/registry/fields.ts';
import {
  checkRelations,
  parsePlaces,
  parsePoints,
  parseSites,
  parseWorkflowTimes,
} from '#alarms/registry/parse.ts';
import { type Problem, ProblemList, problemLine } from '#alarms/registry/problem.ts';
import { parseRules } from '#alarms/rules/parse.ts';
import { ConfigurationError } from '#gateway/config.ts';

export interface LoadedSite {
  readonly documents: SiteDocuments;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Problem[];
}

const catalogueFolder = fileURLToPath(new URL('./catalogue/', import.meta.url));
const catalogueRuleFiles = ['gas.json', 'data-quality.json'] as const;

/** Folder of the mine that `fengsui demo` shows. */
export const demoFolder = fileURLToPath(new URL('./demo/', import.meta.url));

/** A registry of 200 k points is about 100 MB; anything larger is no site folder. */
const fileBytesMax = 256 * 1024 * 1024;

export function loadSite(folder: string): LoadedSite {
  const reader = new FolderReader(folder);
  const siteProblemList = new ProblemList();
  const site = fieldsOf(reader.json('site.json') ?? { sites: [] }, '', siteProblemList);
  const { sites, problems: siteProblems } = parseSites(site?.raw('sites') ?? []);
  const { times, problems: timeProblems } = parseWorkflowTimes(site?.raw('times'));
  site?.require('sites');
  site?.refuseUnknown();
  const { places, problems: placeProblems } = parsePlaces(reader.json('places.json') ?? []);
  const parsed = parsePoints(reader.json('points.json') ?? []);
  const { catalogue, problems: catalogueProblems } = loadGasCatalogue();
  const bound = bindSite({ sites, places, points: parsed.points, rules: [], times }, catalogue);
  const ruleDocument = siteRules(reader);
  const rules = parseRules(ruleDocument, bound.documents.points);
  reader.add('site.json', [...siteProblemList.all(), ...siteProblems, ...timeProblems]);
  reader.add('places.json', placeProblems);
  reader.add('points.json', [...parsed.problems, ...bound.problems]);
  reader.add('location-types.json', catalogueProblems);
  if (reader.isSound) reader.add('', checkRelations(sites, places, parsed.points));
  reader.add('rules.json', rules.problems);
  reader.throwIfAny();
  return {
    documents: {
      ...bound.documents,
      rules: rules.rules,
      findings: bound.findings.map(({ rule, point }) => ({ rule, point })),
      stated: parsed.points.filter((point, index) => point !== bound.documents.points[index]),
      gas: catalogue,
    },
    findings: bound.findings,
    warnings: rules.warnings,
  };
}

export function loadGasCatalogue(): { catalogue: GasCatalogue; problems: Problem[] } {
  return parseGasCatalogue(JSON.parse(readFileSync(join(catalogueFolder, 'location-types.json'), 'utf8')));
}

/** The rules of the catalogue as a rule document, in the order of their ids. */
export function catalogueRules(): Record<string, unknown>[] {
  return catalogueRuleFiles.flatMap(
    (file) => JSON.parse(readFileSync(join(catalogueFolder, file), 'utf8')) as Record<string, unknown>[],
  );
}

/**
 * rules.json: a plain list is all the rules there are; an object takes from the catalogue (true: all, or a list of
 * ids) and adds its own, of which one with the id of a catalogue rule stands in its place. No file: the catalogue.
 */
function siteRules(reader: FolderReader): unknown {
  const json = reader.json('rules.json', true);
  if (json === undefined) return catalogueRules();
  if (Array.isArray(json)) return json;
  const problems = new ProblemList();
  const fields = fieldsOf(json, '', problems) ?? new Fields({}, '', problems);
  const wanted = fields.raw('catalogue') === true ? true : fields.ids('catalogue');
  const own: unknown = fields.raw('rules') ?? [];
  fields.refuseUnknown();
  const known = catalogueRules();
  for (const id of wanted === true ? [] : (wanted ?? [])) {
    if (known.some((rule) => rule['id'] === id)) continue;
    problems.add('REFERENCE_UNKNOWN', 'catalogue', `规则库中无 ${id}`, `the catalogue has no rule ${id}`);
  }
  reader.add('rules.json', problems.all());
  if (!Array.isArray(own)) return own;
  const replaced = new Set((own as unknown[]).map(idOf));
  const taken = known.filter(({ id }) => wanted === true || (wanted ?? []).some((one) => one === id));
  return [...taken.filter(({ id }) => !replaced.has(id)), ...(own as unknown[])];
}

function idOf(rule: unknown): unknown {
  return typeof rule === 'object' && rule !== null && 'id' in rule ? rule.id : undefined;
}

class FolderReader {
  readonly #folder: string;
  readonly #lines: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  get isSound(): boolean {
    return this.#lines.length === 0;
  }

  json(file: string, isOptional = false): unknown {
    let text: string;
    try {
      const bytes = readFileSync(join(this.#folder, file));
      if (bytes.length > fileBytesMax) throw new RangeError(`larger than ${fileBytesMax} bytes`);
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (error) {
      if (isOptional && isMissing(error)) return undefined;
      this.#lines.push(`${join(this.#folder, file)}: 无法读取 / cannot be read: ${messageOf(error)}`);
      return undefined;
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      this.#lines.push(`${join(this.#folder, file)}: 不是合法 JSON / not valid JSON: ${messageOf(error)}`);
      return undefined;
    }
  }

  add(file: string, problems: readonly Problem[]): void {
    const prefix = file === '' ? this.#folder : join(this.#folder, file);
    this.#lines.push(...problems.map((problem) => `${prefix}: ${problemLine(problem)}`));
  }

  throwIfAny(): void {
    if (this.#lines.length > 0) throw new ConfigurationError(this.#lines);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
