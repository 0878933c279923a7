export { type Cost, costOf } from "./cost.ts";
export { startedUnits } from "./started-units.ts";
export { addUsage, subtractUsage, type Usage } from "./usage.ts";
