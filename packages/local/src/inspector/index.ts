export { createTokenAccess } from "./access.ts";
export { inspectorGuard } from "./inspector-guard.ts";
export { createLibrarySource } from "./library-source.ts";
export { type Inspector, type InspectorOptions, startInspector } from "./start-inspector.ts";
export type { About, Health, HealthSample } from "./wire.ts";
