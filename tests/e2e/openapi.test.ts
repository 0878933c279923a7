/**
 * docs/openapi.json is what others generate clients from: a validator accepts it, and a client that is generated from it
 * publishes and reads through the handler.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureInstalled } from "../support/ensure-installed.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { openApi } from "../support/openapi-document.ts";

const FOLDER = fileURLToPath(new URL("openapi-client", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));
const secret = randomUUID();

const local = stackForFile(() => ({
  functions: { http: functionPath("http-topic-tokens") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
  http: { authType: "NONE" },
}));

const run = (program: string, ...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [`${FOLDER}/node_modules/${program}`, ...args], {
    cwd: FOLDER,
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${program}: ${error.stdout}${error.stderr}`);
  });

const compile = (): Promise<unknown> => run("typescript/bin/tsc", "-p", ".");

beforeAll(async () => {
  await ensureInstalled(FOLDER);
  await mkdir(`${FOLDER}/node_modules/.cache`, { recursive: true });
  await run("openapi-typescript/bin/cli.js", DOCUMENT, "--output", "node_modules/.cache/document.d.ts");
});

/** The parts of session.ts, whose types the root's compiler does not know, because its packages are not installed there. */
type Session = Record<
  "publishOne" | "publishList" | "read" | "position" | "refusal",
  (...args: unknown[]) => Promise<unknown>
> & {
  connect(baseUrl: string, token: string): unknown;
};

async function session(
  topicId: string,
  rights: object,
): Promise<{ [Name in keyof Session]: (...args: unknown[]) => Promise<unknown> }> {
  const module = (await import(pathToFileURL(`${FOLDER}/session.ts`).href)) as Session;
  const client = module.connect(local.stack.httpUrl ?? "", await mintTopicToken({ secret, ...rights }));
  const names = ["publishOne", "publishList", "read", "position", "refusal"] as const;
  return Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => module[name](client, topicId, ...args)]),
  ) as never;
}

describe("the validator", () => {
  const validate = async (document: object): Promise<{ valid: boolean }> => {
    const { Validator } = await import(
      pathToFileURL(`${FOLDER}/node_modules/@seriousme/openapi-schema-validator/index.js`).href
    );
    return new Validator().validate(structuredClone(document));
  };

  it("accepts the document as OpenAPI 3.1", async () => {
    expect(await validate(openApi)).toEqual({ valid: true });
    expect(openApi).toMatchObject({ openapi: "3.1.0" });
  });

  it("does not accept it without the description of a response", async () => {
    const { description: _, ...broken } = { description: "", ...openApi.components.responses.NotFound };
    const responses = { ...openApi.components.responses, NotFound: broken };
    expect(await validate({ ...openApi, components: { ...openApi.components, responses } })).toMatchObject({
      valid: false,
    });
  });
});

describe("the client that openapi-typescript generates", () => {
  it("compiles, and does not if it is used against the document", async () => {
    await compile();
    const wrong = `${FOLDER}/wrong-${process.pid}.ts`;
    try {
      await writeFile(
        wrong,
        'import { connect } from "./session.ts";\n' +
          'void connect("", "").POST("/topics/{id}/events", { params: { path: { id: "r" } }, body: { dta: 1 } });\n',
      );
      await expect(compile()).rejects.toThrow(/wrong-\d+\.ts.*'dta' does not exist/s);
    } finally {
      await rm(wrong, { force: true });
    }
  });

  it("publishes an event and a list, reads them, and gets the position", async () => {
    const topicId = `rooms/${randomUUID()} 50%`;
    const client = await session(topicId, { topicId, publish: [topicId] });
    const first = await client.publishOne({ text: "hällo" }, "p1");
    expect(first).toMatchObject({ topicId, publicationId: "p1", offset: 1, duplicate: false });
    expect(await client.publishOne({ text: "hällo" }, "p1")).toEqual({ ...Object(first), duplicate: true });
    const list = [{ data: 2 }, { data: "x".repeat(140_000) }, { data: 3, publicationId: "p3" }];
    expect(await client.publishList(list)).toEqual([2, "PAYLOAD_TOO_LARGE", 3]);
    expect(await client.read({ after: 1 })).toMatchObject({
      topicId,
      events: [
        { offset: 2, data: 2 },
        { offset: 3, data: 3, publicationId: "p3" },
      ],
      more: false,
    });
    expect(await client.read({ limit: 1 })).toMatchObject({
      events: [{ data: { text: "hällo" } }],
      more: true,
    });
    expect(await client.read({ last: 1 })).toMatchObject({ events: [{ offset: 3 }], more: false });
    const { epoch } = Object(first) as { epoch: string };
    expect(await client.read({ epoch, after: 3 })).toMatchObject({ epoch, events: [], more: false });
    expect(await client.position()).toEqual({ topicId, epoch, offset: 3 });
  });

  it("gets the error codes of the document", async () => {
    const topicId = randomUUID();
    const reader = await session(topicId, { topicId });
    expect(await reader.refusal(1)).toEqual({ status: 403, code: "FORBIDDEN" });
    const writer = await session(topicId, { publish: [topicId] });
    expect(await writer.refusal("x".repeat(140_000))).toEqual({ status: 413, code: "PAYLOAD_TOO_LARGE" });
    expect(await reader.position()).toMatchObject({ offset: 0 });
  });
});
