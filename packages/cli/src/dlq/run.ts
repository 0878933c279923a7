import type { PubsubConfig } from "lambda-websocket-pubsub";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";
import type { Choice } from "./choice.ts";
import { list } from "./list.ts";
import { redrive } from "./redrive.ts";
import { show } from "./show.ts";

type Options = StackOptions & { json?: true };

const configOf = async (options: StackOptions): Promise<PubsubConfig> =>
  toConfig(await findStack(["table", "queue"], options));

export async function runList(_: object, options: Options & Choice): Promise<number> {
  await list(await configOf(options), options, options.json === true);
  return EXIT_CODES.done;
}

export async function runShow(
  { id }: { id: string },
  { payload, json, ...options }: Options & { payload?: true },
): Promise<number> {
  const config = await configOf(options);
  if (await show(config, { id, payload: payload === true }, json === true)) return EXIT_CODES.done;
  console.error(`no dead letter ${printable(id)}, or another reader holds it: look again in 20 seconds`);
  return EXIT_CODES.failed;
}

export async function runRedrive(
  _: object,
  { "dry-run": dryRun, topic, code, max, json, ...options }: Options & Choice & { "dry-run"?: true },
): Promise<number> {
  const config = await configOf(options);
  const choice = {
    ...(topic !== undefined && { topic }),
    ...(code !== undefined && { code }),
    ...(max !== undefined && { max }),
  };
  const isDone = await redrive(config, { ...choice, dryRun: dryRun === true }, json === true);
  return isDone ? EXIT_CODES.done : EXIT_CODES.failed;
}
