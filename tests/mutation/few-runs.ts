import fc from "fast-check";

/** Few, and the same for every mutant; the smallest counterexample is of no interest here, only that there is one. */
fc.configureGlobal({ numRuns: 12, seed: 1, endOnFailure: true });
