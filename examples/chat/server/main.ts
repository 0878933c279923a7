/** `npm run example:chat` serves the chat page on the running local stack, or on a new one. */
import { parseArgs } from "node:util";
import { findOrStartStack } from "../../../demo/stack.ts";
import { FUNCTIONS, startChat } from "./start-chat.ts";

const USAGE = `npm run example:chat -- [--port N]

Serves the chat page on the running local stack, or on a new one. --port: 1 to 65535, default 5173`;

const port = readPort(process.argv.slice(2));
if (port === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    await serve(port);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function serve(chatPort: number): Promise<void> {
  const stopRequested = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stopRequested.resolve());
  const stack = await findOrStartStack({ functions: FUNCTIONS });
  try {
    const chat = await startChat({
      websocketUrl: stack.websocketUrl,
      hasUsers: stack.isNew ?? false,
      port: chatPort,
    });
    console.log(`Chat: ${chat.url} (Ctrl-C stops it)`);
    await stopRequested.promise;
    await chat.stop();
  } finally {
    await stack.stop();
  }
}

function readPort(args: string[]): number | undefined {
  try {
    const { values } = parseArgs({ args, options: { port: { type: "string", default: "5173" } } });
    const value = /^\d{1,5}$/.test(values.port) ? Number(values.port) : 0;
    return value >= 1 && value <= 65_535 ? value : undefined;
  } catch {
    return undefined;
  }
}
