import { expect } from "vitest";
import type { ForeignProject, Outcome } from "./foreign-project.ts";

/** What a group of tests needs. The test file sets it up once for all groups. */
export interface Consumers {
  /** The folder `consumers` is copied there. */
  project(): ForeignProject;
  /** Returns the path of a Node of this major version. */
  nodeOf(major: number): string;
}

/**
 * What Lambda turns off in Node 20 and 22, and what a function therefore cannot rely on:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
export const LAMBDA_FLAGS: readonly string[] = ["--no-experimental-require-module"];

/** What `exercise.cjs` reports: names by entry point, and what came of their use. */
export interface Exercise {
  names: Record<string, string[]>;
  [result: string]: unknown;
}

/** The reply to a PING: one post, by the AWS SDK. */
export const PONG: object = {
  statusCode: 200,
  posts: [{ method: "POST", url: "/@connections/L0SM9cOFvHcCIhw%3D", sdk: true }],
};

/** The results of a consumer for which everything works. */
export const WORKING: object = {
  names: expect.any(Object),
  tokenAllowed: true,
  reply: PONG,
  subscribed: 7,
  html: "<p>0</p>",
  mixed: { isPubsubError: true, html: "<p>0</p>" },
};

/** Runs a Node script in the project. Returns what it reports. */
export async function report<Report>(
  { project, nodeOf }: Consumers,
  major: number,
  ...args: string[]
): Promise<Report> {
  return reportOf(await project().run(nodeOf(major), nodeOf(major), args));
}

/** Reads the line that begins with "report". Other lines are logs and warnings. */
export function reportOf<Report>({ code, output }: Outcome): Report {
  const [, json] = /^\s*report (.*)$/m.exec(output) ?? [];
  // The end, because Node prints the line that threw, which is the whole of a minified bundle
  if (code !== 0 || json === undefined) throw new Error(`exit code ${code}: ${output.slice(-2_000)}`);
  return JSON.parse(json) as Report;
}
