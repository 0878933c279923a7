export { type Cost, costOf } from "./cost.ts";
export { type PricedUnit, priceOf, priceTable } from "./price-table.ts";
export { startedUnits } from "./started-units.ts";
export { addUsage, subtractUsage, type Usage } from "./usage.ts";
