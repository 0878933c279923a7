import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type LocalOptions, startLocal } from "../../packages/local/src/index.ts";
import { childPids, functions } from "./start-local-support.ts";

describe("a start that fails", () => {
  it("rejects with the port in use and its service, and stops what it had started", async () => {
    const childrenBefore = await childPids();
    const occupant = createServer().listen(0, "127.0.0.1");
    await once(occupant, "listening");
    const { port } = occupant.address() as { port: number };
    const services = {
      gateway: "the gateway",
      dynamodb: "DynamoDB Local",
      sqs: "SQS",
      http: "the function URL",
    };
    const withHttp = { ...functions, http: functions.websocket };
    for (const [service, label] of Object.entries(services)) {
      await expect(startLocal({ functions: withHttp, ports: { [service]: port } })).rejects.toMatchObject({
        code: "PORT_IN_USE",
        message: expect.stringMatching(new RegExp(`^Port ${port} .* needed by ${label}, is in use`)),
        context: { host: "127.0.0.1", port, service },
      });
    }
    occupant.close();
    expect(await childPids()).toEqual(childrenBefore);
  });

  it.each([
    [{ fanout: { batchsize: 5 } }, /^fanout has no option batchsize; it has memoryMb, /],
    [{ prots: {} }, /startLocal has no option prots; it has host, ports, /],
    [
      { ports: { sqs: "9311" } },
      /^ports.sqs must be a whole number from 1 to 65535; got "9311" \(string of 4\)/,
    ],
    [
      { inspector: true, ports: { inspector: { prefer: 0 } } },
      /^ports.inspector must be a whole number from 1 to 65535, or \{ prefer: N \} for that port or a free one; got/,
    ],
    [{ fanout: { batchSize: 20 } }, /^fanout.batchWindowMs must be at least 1000 with a batchSize over 10/],
    [{ websocket: 5 }, /websocket must be an object; got 5 \(number\)/],
    [{ tableName: "a b" }, /^tableName must be 3 to 255 letters.*; got "a b" \(string of 3\)/],
    [{ dynamodbEndpoint: "localhost:8000" }, /^dynamodbEndpoint must be an http\(s\) URL/],
    [
      { functionEnv: { A: 1 } },
      /^functionEnv must be an object of strings, or a function that returns one; got a value of type object/,
    ],
    [{ onLog: true }, /^onLog must be a function; got true \(boolean\)/],
    [
      { functions: { websocket: "./nowhere.ts" } },
      /^functions.websocket must be the path of a file, or path#exportName; got ".\/nowhere.ts"/,
    ],
    [{ http: { authType: "NONE" } }, /^http needs functions.http; got a value of type object/],
    [{ ports: { http: 3002 } }, /^ports.http needs functions.http; got 3002 \(number\)/],
    [{ http: { authType: "none" } }, /^http.authType must be one of AWS_IAM, NONE; got "none"/],
    [
      { functionEnv: () => ({ A: 1 }) },
      /^functionEnv must return an object of strings; got a value of type object/,
    ],
    [null, /^the options of startLocal must be an object; got null/],
  ])("refuses %j", async (options, message) => {
    await expect(startLocal(options as LocalOptions)).rejects.toThrow(message);
  });
});
