import type { FaultRule } from "./fault-rule.ts";

export interface FaultRules<Subject, Rule extends FaultRule<Subject>> {
  add(rule: Rule): () => void;
  /** Returns the first rule that hits this subject, and uses up one of its `times`. */
  hit(subject: Subject): Rule | undefined;
  clear(): void;
  isEmpty(): boolean;
}

export function createFaultRules<Subject, Rule extends FaultRule<Subject>>(
  validate: (rule: Rule) => void,
): FaultRules<Subject, Rule> {
  const entries = new Set<{ rule: Rule; timesLeft: number }>();
  return {
    add(rule) {
      validate(rule);
      const entry = { rule, timesLeft: rule.times ?? Number.POSITIVE_INFINITY };
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    hit(subject) {
      for (const entry of entries) {
        const { rule } = entry;
        if (entry.timesLeft <= 0 || rule.match?.(subject) === false) continue;
        if (rule.rate !== undefined && (rule.random ?? Math.random)() >= rule.rate) continue;
        entry.timesLeft -= 1;
        return rule;
      }
      return undefined;
    },
    clear() {
      entries.clear();
    },
    isEmpty: () => entries.size === 0,
  };
}
