import { pathToFileURL } from "node:url";
import { toRemoteError } from "./function-error.ts";
import { createLambdaContext } from "./lambda-context.ts";
import type { InvokeMessage, WorkerMessage } from "./worker-protocol.ts";

/*
 * The entry of a worker process: imports the function's module, then answers one invocation after another.
 * An unhandled rejection ends the process, as in Lambda.
 */

type Handler = (event: unknown, context: unknown) => unknown;

// As in Lambda, credentials come with a session token; here it also tells the servers who calls
process.env.AWS_SESSION_TOKEN ??= `${process.env.AWS_LAMBDA_FUNCTION_NAME}/${process.pid}`;

process.on("disconnect", () => process.exit(0)); // the host is gone, however it went
process.on("SIGINT", () => {}); // a Ctrl-C in the terminal is for the host, which stops its workers itself

await main(process.argv[2] ?? "");

async function main(entry: string): Promise<void> {
  try {
    const handler = await importHandler(entry);
    process.on("message", (message: InvokeMessage) => void answer(handler, message));
    send({ type: "ready", initMs: performance.now() });
  } catch (error) {
    send({ type: "init-error", error: toRemoteError(error) }, () => process.exit(1));
  }
}

async function importHandler(entry: string): Promise<Handler> {
  const module: { handler?: unknown } = await import(pathToFileURL(entry).href);
  if (typeof module.handler !== "function") {
    throw Object.assign(new Error(`${entry} exports no function "handler"`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return module.handler as Handler;
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId, event } = message;
  let value: unknown;
  try {
    value = await handler(event, createLambdaContext(message));
  } catch (error) {
    send({ type: "error", requestId, error: toRemoteError(error) });
    return;
  }
  try {
    send({ type: "result", requestId, json: JSON.stringify(value) ?? "null" });
  } catch (error) {
    send({ type: "error", requestId, error: { ...toRemoteError(error), errorType: "Runtime.MarshalError" } });
  }
}

function send(message: WorkerMessage, sent: () => void = () => {}): void {
  process.send?.(message, sent);
}
