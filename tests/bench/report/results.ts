import type { KeptResults } from "./kept-results.ts";
import { FANOUT_RUNS, type RunId } from "./plan.ts";
import type { FanoutFigures, RawResult } from "./raw-result.ts";

/** What the sections of the document are written from. */
export interface Results {
  kept: KeptResults;
  of(id: RunId): RawResult | undefined;
}

export function resultsFrom(kept: KeptResults): Results {
  return {
    kept,
    of(id) {
      const one = kept[id];
      return one && "result" in one ? one.result : undefined;
    },
  };
}

/** The fewest subscribers first. */
export const fanoutResults = (results: Results): FanoutFigures[] =>
  FANOUT_RUNS.flatMap((id) => results.of(id)?.fanout ?? []);
