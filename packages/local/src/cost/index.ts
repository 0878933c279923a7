export { type Cost, costOf } from "./cost.ts";
export { type Price, type PricedUnit, type PriceTable, priceTable } from "./price-table.ts";
export { startedUnits } from "./started-units.ts";
export { addUsage, subtractUsage, type Usage } from "./usage.ts";
