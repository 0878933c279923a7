import { UsageError } from "../../usage-error.ts";
import type { Check } from "../check.ts";
import type { CheckSizes } from "../check-sizes.ts";
import { chainCheck } from "./chain.ts";
import { connectionChecks } from "./connection.ts";
import { deliveryChecks } from "./delivery.ts";
import { functionChecks } from "./functions.ts";
import { indexLagCheck } from "./index-lag.ts";
import { queueChecks } from "./queue.ts";
import { refusalChecks } from "./refusals.ts";
import { requestChecks } from "./requests.ts";
import { sizeChecks } from "./sizes.ts";
import { slowReaderChecks } from "./slow-reader.ts";
import { tableChecks } from "./table.ts";
import { telemetryChecks } from "./telemetry.ts";
import { workerDeathChecks } from "./worker-death.ts";

/** All checks in the order in which they run: what others rely on comes first. */
export const allChecks = ({ indexRows, chain }: CheckSizes): readonly Check[] => [
  ...tableChecks,
  ...queueChecks,
  ...functionChecks,
  ...connectionChecks,
  ...deliveryChecks,
  ...requestChecks,
  ...refusalChecks,
  ...sizeChecks,
  chainCheck(chain),
  indexLagCheck(indexRows),
  ...slowReaderChecks,
  ...telemetryChecks,
  ...workerDeathChecks,
];

/** Returns the checks with these ids, in the order in which they run. Throws `UsageError` for an unknown id. */
export function chosenChecks(sizes: CheckSizes, ids: readonly string[] | undefined): readonly Check[] {
  const all = allChecks(sizes);
  if (ids === undefined) return all;
  const known = all.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return all.filter(({ id }) => ids.includes(id));
  throw new UsageError(
    `--only must name checks; ${unknown.map((id) => JSON.stringify(id)).join(", ")} ` +
      `${unknown.length > 1 ? "are" : "is"} not among ${known.join(", ")}`,
  );
}
