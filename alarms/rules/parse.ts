// A rule document (docs/rules.md §6) from JSON. All problems come at once, and a document with any is refused whole:
// no rule of it is given, for half a rule set guards half a mine. Warnings hinder nothing.

import { type Fields, listOf } from '../registry/fields.ts';
import { type Problem, ProblemList } from '../registry/problem.ts';
import type { Point } from '../registry/site.ts';
import { readRule, requireLevelsNotFalling } from './parse-fields.ts';
import { checkRuleRelations, type PlacedRule } from './parse-relations.ts';
import type { Rule } from './rule.ts';

/** Twenty times the whole catalogue, for sites with versions and rules of their own. */
const rulesMax = 4_000;

export interface ParsedRules {
  readonly rules: Rule[];
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

export function parseRules(json: unknown, points: readonly Point[]): ParsedRules {
  const problems = new ProblemList();
  const warnings = new ProblemList();
  const entries = listOf(json, 'rules', rulesMax, problems);
  const placed = entries.map(place).filter((entry) => entry !== undefined);
  const named = new Set(entries.map((fields) => fields.raw('id')).filter((id) => typeof id === 'string'));
  checkRuleRelations(placed, named, points, problems, warnings);
  return {
    rules: problems.isEmpty ? placed.map(({ rule }) => rule) : [],
    problems: problems.all(),
    warnings: warnings.all(),
  };
}

function place(fields: Fields): PlacedRule | undefined {
  const rule = readRule(fields);
  if (rule === undefined) return undefined;
  if ((rule.kind === 'threshold' || rule.kind === 'window') && rule.ladder !== undefined)
    requireLevelsNotFalling(fields, rule.ladder);
  return { rule, path: fields.path };
}
