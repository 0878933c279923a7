import { once } from "node:events";
import { flushCompileCache, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { toRemoteError } from "./function-error.ts";
import { createLambdaContext } from "./lambda-context.ts";
import type { HostMessage, InvokeMessage, WorkerMessage } from "./worker-protocol.ts";

/*
 * The entry file of a worker process. It imports the function's module and then runs one invocation after another. An
 * unhandled rejection ends the process, as in Lambda.
 */

type Handler = (event: unknown, context: unknown) => unknown;

// As in Lambda, credentials include a session token. Here it also identifies the caller to the servers.
process.env.AWS_SESSION_TOKEN ??= `${process.env.AWS_LAMBDA_FUNCTION_NAME}/${process.pid}`;

process.on("disconnect", () => process.exit(0)); // the host has ended
process.on("SIGINT", () => {}); // the host handles Ctrl-C in the terminal and stops its workers

const [file = "", exportName = "", withCode] = process.argv.slice(2);
await main();

async function main(): Promise<void> {
  try {
    if (withCode !== undefined) await takeCode();
    const handler = await importHandler();
    process.on("message", (message: InvokeMessage) => void run(handler, message));
    send({ type: "ready", initMs: performance.now() }, keepCompiledCode);
  } catch (error) {
    send({ type: "init-error", error: toRemoteError(error) }, () => process.exit(1));
  }
}

/**
 * With NODE_COMPILE_CACHE. Node would write the cache when the process ends by itself, but the host kills it. Nothing is written
 * if all of it came from the cache.
 */
function keepCompiledCode(): void {
  flushCompileCache();
}

/** Loads the received code under the file's own URL, so that Node finds packages relative to the file. */
async function takeCode(): Promise<void> {
  const [{ code }] = (await once(process, "message")) as [Extract<HostMessage, { type: "code" }>];
  const entryUrl = pathToFileURL(file).href;
  registerHooks({
    load: (url, context, nextLoad) =>
      url === entryUrl ? { format: "module", source: code, shortCircuit: true } : nextLoad(url, context),
  });
}

async function importHandler(): Promise<Handler> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  // If a CommonJS module assigns `module.exports` as a whole, Node may not see its names. They are in `default`.
  const whole = module.default as Record<string, unknown> | undefined;
  const handler = module[exportName] ?? whole?.[exportName];
  if (typeof handler === "function") return handler as Handler;
  const names = Object.keys(module).join(", ") || "nothing";
  throw Object.assign(new Error(`${file} exports no function "${exportName}" (it exports: ${names})`), {
    name: "Runtime.HandlerNotFound",
  });
}

async function run(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId, event, traceHeader } = message;
  // The AWS clients of the function read it for each request
  if (traceHeader === undefined) delete process.env._X_AMZN_TRACE_ID;
  else process.env._X_AMZN_TRACE_ID = traceHeader;
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
