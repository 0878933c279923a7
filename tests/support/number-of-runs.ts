import fc from "fast-check";

/** Returns the number of runs of a property: `usual`, unless the whole test run sets another number. */
export const numberOfRuns = (usual: number): number => fc.readConfigureGlobal().numRuns ?? usual;
