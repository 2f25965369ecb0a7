import type { PolicyModel } from './model.ts';

/** What is right but perhaps not meant, a sentence each. */
export function policyWarnings({ rules, observes }: PolicyModel): string[] {
  return [...(observes ? [OBSERVES] : []), ...strangers(rules)];
}

export const OBSERVES = 'mode: observe: nothing is held or denied by rules and default; what would be runs, and is only recorded';

/** Pairs of rules whose holds nobody may release when a statement meets both. */
function strangers(rules: PolicyModel['rules']): string[] {
  const holds = rules.flatMap((rule) => (rule.hold === undefined ? [] : [{ name: rule.name, groups: rule.hold.approvers }]));
  return holds.flatMap((one, index) =>
    holds.slice(index + 1).filter((other) => !other.groups.some((group) => one.groups.includes(group)))
      .map((other) => `rules ${one.name} and ${other.name} have no group of approvers in common: a statement that meets both is denied`));
}
