import { readFile } from "node:fs/promises";
import { NotAvailableError } from "../usage-error.ts";
import type { Stack } from "./stack.ts";

/** `sst deploy` writes what `run()` of `sst.config.ts` returned there, of the stage that was deployed last. */
export const OUTPUTS_FILE = ".sst/outputs.json";

export interface SstStage {
  stack: Stack;
  /** The Region of the ARNs. */
  region?: string;
}

/**
 * Returns the stage whose outputs are in the file, or undefined if there is no such file. It understands the outputs of
 * this repository's `sst.config.ts` (`url`, `tableArn`, `fanoutQueueArn`), and names instead of ARNs. Throws
 * `NotAvailableError` if the file has something else.
 */
export async function sstStage(file: string): Promise<SstStage | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new NotAvailableError(`${file} cannot be read (${error.code})`, { cause: error });
  });
  if (text === undefined) return undefined;
  const outputs = outputsIn(text, file);
  const tableArn = arnOf(outputs.tableArn);
  const queueArn = arnOf(outputs.fanoutQueueArn);
  const table = stringOf(outputs.tableName) ?? tableArn?.resource.replace(/^table\//, "");
  const queue = stringOf(outputs.fanoutQueueUrl) ?? (queueArn && queueUrlOf(queueArn));
  const url = stringOf(outputs.url);
  const managementEndpoint = stringOf(outputs.managementEndpoint);
  const region = tableArn?.region ?? queueArn?.region;
  return {
    stack: {
      kind: "aws",
      foundIn: file,
      ...(url !== undefined && { url }),
      ...(table !== undefined && { table }),
      ...(queue !== undefined && { queue }),
      ...(managementEndpoint !== undefined && { managementEndpoint }),
    },
    ...(region !== undefined && { region }),
  };
}

/** The outputs that name each part, for an error message. */
export const OUTPUTS = {
  url: "url",
  table: "tableArn or tableName",
  queue: "fanoutQueueArn or fanoutQueueUrl",
} as const;

function outputsIn(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NotAvailableError(`${file} is not JSON`, { cause });
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  // SST writes null for a stage without outputs
  return {};
}

const stringOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

interface Arn {
  partition: string;
  region: string;
  account: string;
  resource: string;
}

function arnOf(value: unknown): Arn | undefined {
  const [arn, partition, , region, account, ...resource] = String(value).split(":");
  if (arn !== "arn" || !partition || !region || !account || resource.length === 0) return undefined;
  return { partition, region, account, resource: resource.join(":") };
}

const queueUrlOf = ({ partition, region, account, resource }: Arn): string =>
  `https://sqs.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}/${account}/${resource}`;
