import fc from "fast-check";

/** How often a property is tried: as often as it deserves, or what the run as a whole is set to. */
export const numberOfRuns = (usual: number): number => fc.readConfigureGlobal().numRuns ?? usual;
