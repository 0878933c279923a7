import { once } from "node:events";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { type FoundStack, findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { onInterrupt } from "../terminal/interrupted.ts";
import { NotAvailableError } from "../usage-error.ts";
import { createClients } from "../verify/aws/clients.ts";
import { createCloudwatchHealth, HEALTH_EVERY_MS } from "./cloudwatch-health.ts";

/** Pages and other machines must not reach it: it acts with the user's own AWS credentials. */
const HOST = "127.0.0.1";

interface InspectOptions extends StackOptions {
  port?: number;
  service?: string;
}

type Stage = FoundStack<"table" | "queue">;

/** Serves the page until Ctrl-C, which is how it is meant to end. */
export async function runInspect(_: object, options: InspectOptions): Promise<number> {
  const stage = await findStack(["table", "queue"], options);
  const clients = createClients(stage);
  try {
    const region = await clients.region().catch(noRegion);
    const inspector = await start(stage, options, { clients, region });
    const interruption = onInterrupt();
    await once(interruption.signal, "abort");
    await inspector.stop();
    interruption.dispose();
    return EXIT_CODES.done;
  } finally {
    clients.destroy();
  }
}

async function start(
  stage: Stage,
  options: InspectOptions,
  { clients, region }: { clients: ReturnType<typeof createClients>; region: string },
) {
  const { createLibrarySource, createTokenAccess, inspectorGuard, startInspector } = await import(
    "lambda-websocket-pubsub-local/inspector"
  );
  const { kind, table, queue, url: websocketUrl } = stage;
  const { service, port } = options;
  const linkTo = (token: string): string => `${inspector.url}/#token=${token}`;
  const access = createTokenAccess((token) =>
    console.log(`A tab was opened. The link for another one:\n  ${linkTo(token)}`),
  );
  const hasHealth = kind === "aws" && service !== undefined;
  const queueName = new URL(queue).pathname.split("/").at(-1) ?? "";
  const inspector = await startInspector({
    host: HOST,
    port,
    guard: inspectorGuard(HOST),
    access,
    source: createLibrarySource({ dynamodbTableName: table, fanoutQueueUrl: queue }),
    about: {
      kind,
      table,
      queue,
      region,
      ...(websocketUrl !== undefined && { websocketUrl }),
      feed: "watched",
      ...(hasHealth && { healthEveryMs: HEALTH_EVERY_MS }),
    },
    health: hasHealth
      ? createCloudwatchHealth(await clients.cloudwatch(), { service, queueName })
      : async () => ({ samples: [], note: kind === "aws" ? NO_SERVICE : NO_SAMPLES }),
  }).catch((error: { code?: string }) => {
    if (error.code !== "PORT_IN_USE") throw error;
    throw new NotAvailableError(
      `port ${port} is in use by another program; choose another one with --port N`,
    );
  });
  console.log(
    `Inspecting ${printable(table)} in ${region}. Open this link; it is valid once:\n  ${linkTo(access.token ?? "")}`,
  );
  console.log("Ctrl-C ends it.");
  return inspector;
}

const NO_SERVICE =
  "Start the command with --service NAME to see the metrics that the functions write to CloudWatch.";
const NO_SAMPLES =
  "The page that the local stack serves itself shows its health: npm start prints its address.";

function noRegion(cause: unknown): never {
  throw new NotAvailableError(
    `no AWS region: give --region, or set AWS_REGION (${cause instanceof Error ? cause.message : cause})`,
  );
}
