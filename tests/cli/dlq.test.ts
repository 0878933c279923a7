import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { PurgeQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import {
  type Consumer,
  countDeadLetters,
  listSubscribers,
  type PublishResult,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeFanoutMessage } from "../../packages/pubsub/src/core/fanout/message.ts";
import { type DlqOutcome, lastLine, runDlq } from "../support/dlq.ts";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, type TestSocket } from "../support/sockets.ts";

const local = stackForFile();
const topicId = "room \u{1f4a1}";
const secret = "what nobody but its subscribers is to read";
let subscriber: TestSocket;
let consumer: Consumer;
let publication: PublishResult;
let ids: Awaited<ReturnType<typeof putLetters>>;

const run = (args: readonly string[], env: Record<string, string> = {}): Promise<DlqOutcome> =>
  runDlq(args, { env: { ...local.stack.env, ...env }, cwd: tmpdir() });
const letters = (): ReturnType<typeof countDeadLetters> => countDeadLetters({ config: local.config });

beforeAll(async () => {
  subscriber = await connectSubscriber(local.stack, topicId);
  consumer = await eventually(async () => {
    const [found] = await collect(listSubscribers({ topicId, config: local.config }));
    if (!found) throw new Error("not in the index yet");
    return found;
  });
  // This delivery succeeds: the letters are about another unit of the same event
  publication = await publishToTopic({ topicId, data: secret, config: local.config });
  await eventually(() => expect(subscriber.received).toEqual([secret]));
  await fanoutIdle(local);
});
beforeEach(async () => {
  ids = await putLetters();
});

/** Sends one letter of each kind to the queue and returns their ids. */
async function putLetters(): Promise<{ abandoned: string; other: string; moved: string; malformed: string }> {
  await local.sqs.send(new PurgeQueueCommand({ QueueUrl: local.stack.deadLetterQueueUrl }));
  const { epoch, offset, publicationId } = publication;
  const event = { offset, publicationId, publishedAt: 1, json: JSON.stringify(secret), verbatim: true };
  const redelivery = (topic: string): string =>
    encodeFanoutMessage({
      kind: "part",
      topicId: topic,
      epoch,
      offsets: [offset],
      unit: `000001/${randomUUID().slice(0, 8)}/dead`,
      attempt: 1,
      consumers: [{ consumer, format: "data", subscribedAt: 0, from: offset }],
      ...(topic === topicId && { events: [event] }),
    });
  const page = { kind: "topic" as const, topicId, epoch, offsets: [offset], step: 1 };
  return {
    abandoned: await put(redelivery(topicId), "DELIVERY_ABANDONED", "throttled (429); 500"),
    other: await put(redelivery("room 2"), "DELIVERY_ABANDONED", "500"),
    moved: await put(encodeFanoutMessage(page)),
    malformed: await put(`{"secret":"${secret}"}`, "INVALID_MESSAGE", "v must be 1; got \u009b2J"),
  };
}

async function put(body: string, code?: string, reason: string = ""): Promise<string> {
  const attributes = {
    Code: { DataType: "String", StringValue: code },
    Attempts: { DataType: "Number", StringValue: "8" },
    Reason: { DataType: "String", StringValue: reason },
  };
  const { MessageId = "" } = await local.sqs.send(
    new SendMessageCommand({
      QueueUrl: local.stack.deadLetterQueueUrl,
      MessageBody: body,
      ...(code !== undefined && { MessageAttributes: attributes }),
    }),
  );
  return MessageId;
}

describe("pubsub dlq list", () => {
  it("prints each letter and its reason without payloads, and leaves the letters in the queue", async () => {
    const outcome = await run(["list", "--json"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const { letters: listed } = lastLine(outcome) as { letters: Record<string, unknown>[] };
    const byId = new Map(listed.map((letter) => [letter.id, letter]));
    expect(listed).toHaveLength(4);
    expect(byId.get(ids.abandoned)).toEqual({
      id: ids.abandoned,
      code: "DELIVERY_ABANDONED",
      attempts: 8,
      reason: "throttled (429); 500",
      sentAt: expect.any(Number),
      malformed: false,
      topicId,
      epoch: publication.epoch,
      offsets: [publication.offset],
      publicationIds: [publication.publicationId],
      consumers: 1,
    });
    expect(byId.get(ids.moved)).toMatchObject({ code: "MAX_RECEIVES", step: 1, consumers: 0 });
    expect(byId.get(ids.malformed)).toMatchObject({ code: "INVALID_MESSAGE", malformed: true });
    expect(outcome.stdout).not.toContain(secret);
    expect(await letters()).toEqual({ visible: 4, held: 0 });
  });

  it("prints lines without the control characters of a letter", async () => {
    const outcome = await run(["list"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const [header, ...lines] = outcome.stdout.trimEnd().split("\n");
    expect(header).toMatch(/^ID +SENT +CODE +ATTEMPTS +CONSUMERS +TOPIC AND OFFSETS +REASON$/);
    expect(lines.map((line) => line.slice(0, 36)).sort()).toEqual(Object.values(ids).sort());
    const abandoned = lines.find((line) => line.startsWith(ids.abandoned));
    expect(abandoned).toMatch(
      /\d{4}-\d\d-\d\dT[\d:]{8}Z {2}DELIVERY_ABANDONED +8 +1 {2}room .+ 1 +throttled \(429\); 500$/u,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(outcome.stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(outcome.stdout).not.toContain(secret);
  });

  it("prints the chosen letters, at most --max, and says when no letter matches", async () => {
    const chosen = lastLine(await run(["list", "--json", "--topic", topicId])) as {
      letters: { id: string }[];
    };
    expect(chosen.letters.map(({ id }) => id).sort()).toEqual([ids.abandoned, ids.moved].sort());
    expect(lastLine(await run(["list", "--json", "--max", "3"]))).toHaveProperty("letters.length", 3);
    const others = await run(["list", "--topic", "room"]);
    expect(others).toEqual({ code: 0, stdout: "No matching dead letters, but 4 others.\n", stderr: "" });
    expect(await letters()).toEqual({ visible: 4, held: 0 });
    await local.sqs.send(new PurgeQueueCommand({ QueueUrl: local.stack.deadLetterQueueUrl }));
    expect(await run(["list"])).toEqual({ code: 0, stdout: "No dead letters.\n", stderr: "" });
  });
});

describe("pubsub dlq show", () => {
  it("prints all about a letter except the payload", async () => {
    const { domainName, stage, connectionId } = consumer;
    const shown = await run(["show", ids.abandoned]);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toContain(`consumers    ${domainName}/${stage}/${connectionId}\n`);
    expect(shown.stdout).toContain(`publication  ${publication.publicationId} (offset 1)\n`);
    const inLog = await run(["show", ids.moved, "--json"]);
    expect(lastLine(inLog)).toMatchObject({ step: 1, publicationIds: [publication.publicationId] });
    const malformed = await run(["show", ids.malformed, "--json"]);
    expect(lastLine(malformed)).toMatchObject({ reason: "v must be 1; got \u009b2J" });
    for (const { stdout } of [shown, inLog, malformed]) expect(stdout).not.toContain(secret);
    expect(await letters()).toEqual({ visible: 4, held: 0 });
  });

  it("also prints the payload with --payload", async () => {
    const shown = async (id: string): Promise<string> => (await run(["show", id, "--payload"])).stdout;
    expect(await shown(ids.abandoned)).toContain(`data of 1    "${secret}"\n`);
    expect(await shown(ids.malformed)).toContain(`body         {"secret":"${secret}"}`);
    expect(await shown(ids.other)).toContain("data         none: the log does not have it any more\n");
    const inLog = lastLine(await run(["show", ids.moved, "--payload", "--json"]));
    expect(inLog).toMatchObject({ id: ids.moved, events: [{ offset: 1, data: secret }] });
  });

  it("exits with 1 for a letter that does not exist", async () => {
    expect(await run(["show", "nobody"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "no dead letter nobody, or another reader holds it: look again in 20 seconds\n",
    });
  });
});

describe("pubsub dlq redrive", () => {
  it("delivers the chosen letters after a dry run, with the permissions in the docs", async () => {
    const { used, stop } = recordOperator();
    const flags = ["--topic", topicId, "--code", "DELIVERY_ABANDONED"];
    const operator = { AWS_SESSION_TOKEN: "operator" };
    const rehearsal = await run(["redrive", "--dry-run", "--json", ...flags], operator);
    expect(lastLine(rehearsal)).toMatchObject({
      found: 4,
      redriven: 1,
      consumers: 1,
      skipped: 2,
      malformed: 1,
    });
    const one = await run(["redrive", "--dry-run", "--json", "--topic", topicId, "--max", "1"], operator);
    expect(lastLine(one)).toMatchObject({ redriven: 1 });
    expect(await letters()).toEqual({ visible: 4, held: 0 });
    expect([...used].filter((permission) => /Send|Delete|Put|Update|Write/.test(permission))).toEqual([]);
    await run(["show", ids.moved], operator);
    const redriven = await run(["redrive", ...flags], operator);
    stop();
    expect(redriven).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "       4  letters found",
        "       1  redriven, to 1 consumers",
        "       2  left: not chosen by --topic and --code",
        "       1  left: they cannot be decoded",
        "",
      ].join("\n"),
    });
    await eventually(() => expect(subscriber.received.splice(0)).toContain(secret));
    expect(await letters()).toEqual({ visible: 3, held: 0 });
    expect([...used].sort()).toEqual(await permissionsInDocs());
  });

  it("exits with 1 if a letter cannot be sent, and leaves it in the queue", async () => {
    // The queue is readable but the table does not exist, so the subscriptions are unknown
    const flags = ["--topic", topicId, "--code", "DELIVERY_ABANDONED", "--max", "1"];
    const outcome = await run(["redrive", ...flags, "--table", "no-such-table"]);
    expect(outcome).toMatchObject({ code: 1, stderr: "" });
    expect(outcome.stdout).toMatch(/ 1 {2}left: GetItem: ResourceNotFoundException/);
    expect(await letters()).toEqual({ visible: 4, held: 0 });
  });
});

/** Records the permissions that calls with the operator's credentials need. */
function recordOperator(): { used: Set<string>; stop(): void } {
  const used = new Set<string>();
  const record =
    (service: string) =>
    ({ operation, caller }: { operation: string; caller: string }): boolean => {
      if (caller === "operator")
        used.add(`${service}:${operation.replace(/(?<=Message|Visibility)Batch$/, "")}`);
      return false;
    };
  const stops = [
    local.stack.faults.sqs({ match: record("sqs"), delayMs: 1 }),
    local.stack.faults.dynamodb({ match: record("dynamodb"), delayMs: 1 }),
  ];
  return { used, stop: () => stops.forEach((stop) => void stop()) };
}

async function permissionsInDocs(): Promise<string[]> {
  const operations = await readFile(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const [, section = ""] = /- \*\*Permissions\*\*([\s\S]*?)\n(?=- |\n)/.exec(operations) ?? [];
  return [...new Set(section.match(/\b(?:sqs|dynamodb):\w+/g))].sort();
}
