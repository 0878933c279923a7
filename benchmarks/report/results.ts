import type { KeptResults } from "./kept-results.ts";
import { FANOUT_RUNS, type RunId } from "./plan.ts";
import type { FanoutFigures, RawResult } from "./raw-result.ts";

/** The results from which the sections of the document are written. */
export interface Results {
  kept: KeptResults;
  find(id: RunId): RawResult | undefined;
}

export function resultsFrom(kept: KeptResults): Results {
  return {
    kept,
    find(id) {
      const one = kept[id];
      return one && "result" in one ? one.result : undefined;
    },
  };
}

/** Returns the fan-out results by ascending number of subscribers. */
export const fanoutResults = (results: Results): FanoutFigures[] =>
  FANOUT_RUNS.flatMap((id) => results.find(id)?.fanout ?? []);
