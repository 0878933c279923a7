import { createDynamodbLedger } from "../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import { createMemoryLedger } from "../../../packages/pubsub/src/testing/ledger.ts";
import { DAY_SECONDS } from "../../support/samples.ts";
import { sharedTestTable } from "../../support/shared-table.ts";
import { describeLedgerConformance } from "./ledger.ts";

describeLedgerConformance("in memory", async () => createMemoryLedger());

const table = sharedTestTable();
describeLedgerConformance("DynamoDB", async (clock) =>
  createDynamodbLedger(await table(), { clock, retentionSeconds: DAY_SECONDS }),
);
