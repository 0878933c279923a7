export { createEventSourceMapping, type EventSourceMapping, type MappingStats } from "./create-mapping.ts";
export type { MappingOptions, MappingStage, RecursiveLoop } from "./mapping-options.ts";
