import { constants } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { EXIT_CODES } from "../exit-codes.ts";
import { printableJson } from "../printable.ts";
import { createProgress } from "../terminal/progress.ts";
import { NotAvailableError } from "../usage-error.ts";
import { checkSimulateOptions, type SimulateValues } from "./options.ts";
import { resultLines } from "./print.ts";
import { toResult } from "./result.ts";
import { simulate } from "./simulate.ts";
import { drawPosts } from "./svg.ts";

export async function runSimulate(_: object, values: object): Promise<number> {
  const { settings, svg, json } = checkSimulateOptions(values as SimulateValues);
  // A large simulation takes a minute, after which it would be too late to say so
  if (svg !== undefined) await access(dirname(svg), constants.W_OK).catch(cannotWrite(svg));
  const progress = createProgress();
  const simulated = await simulate(settings, ({ share, second }) =>
    progress.show(`${Math.floor(share * 100)} % delivered, second ${second} of the simulated time …`),
  ).finally(() => progress.clear());
  if (svg !== undefined) await write(svg, drawPosts(simulated));
  const result = toResult(simulated);
  console.log(json ? printableJson(result) : resultLines(result).join("\n"));
  return result.simulate.reached === settings.subscribers ? EXIT_CODES.done : EXIT_CODES.failed;
}

const write = (file: string, text: string): Promise<void> => writeFile(file, text).catch(cannotWrite(file));

const cannotWrite =
  (file: string) =>
  (error: Error): never => {
    throw new NotAvailableError(`--svg ${file} cannot be written: ${error.message}`);
  };
