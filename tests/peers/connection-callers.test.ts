import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { eventually } from "../support/eventually.ts";
import { type OpenGateway, openGateway } from "../support/gateway.ts";
import {
  type Called,
  type ConnectionCall,
  type ConnectionCaller,
  findAwsCli,
  findBoto3,
} from "./support/connection-callers.ts";

const OK: Called = { output: {} };

describe.each([
  ["AWS's CLI", findAwsCli],
  ["boto3", findBoto3],
])("the local gateway's @connections, called by %s", (name, find) => {
  let caller: ConnectionCaller | undefined;
  let missing: string | undefined;
  beforeAll(async () => {
    const found = await find();
    if ("call" in found) caller = found;
    else missing = found.missing;
  });
  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  type Overrides = Partial<ConnectionCall> & Pick<ConnectionCall, "operation" | "connectionId">;
  function call(gateway: OpenGateway, overrides: Overrides): Promise<Called> {
    if (caller === undefined) throw new Error(missing);
    return caller.call({ endpoint: gateway.managementEndpoint, credentials: localCredentials, ...overrides });
  }
  /** boto3 also says whether the error is of the class that a program would catch. */
  const errorOf = (error: string, hasOwnClass: boolean): Called =>
    name === "boto3" ? { error, hasOwnClass } : { error };
  const gone = errorOf("GoneException", true);

  it("delivers one frame for one post to the stage as its URL has it", async () => {
    const gateway = await openGateway();
    const { consumer, next } = await gateway.connect();
    const post = {
      operation: "post-to-connection",
      endpoint: `http://${gateway.domainName}/$default`,
      connectionId: consumer.connectionId,
      data: '{"ü":1}',
    } as const;
    expect(await call(gateway, post)).toEqual(OK);
    expect(await next()).toBe('{"ü":1}');
    expect(gateway.counts()).toMatchObject({ posts: 1, delivered: 1, forbidden: 0 });
  });

  it("reads the source and the times of a connection", async () => {
    const gateway = await openGateway();
    const { connectionId } = (await gateway.connect()).consumer;
    expect(await call(gateway, { operation: "get-connection", connectionId })).toEqual({
      output: {
        ConnectedAt: expect.stringMatching(/^\d{4}-/),
        LastActiveAt: expect.stringMatching(/^\d{4}-/),
        Identity: { SourceIp: "127.0.0.1", UserAgent: "" },
      },
    });
  });

  it("closes a connection, and gets GoneException from every later call", async () => {
    const gateway = await openGateway();
    const { connectionId } = (await gateway.connect()).consumer;
    expect(await call(gateway, { operation: "delete-connection", connectionId })).toEqual(OK);
    // The connection ends when the client has answered the close
    await eventually(() => expect(gateway.counts().connections).toBe(0));
    const post = { operation: "post-to-connection", connectionId, data: "late" } as const;
    expect(await call(gateway, post)).toEqual(gone);
    expect(await call(gateway, { operation: "get-connection", connectionId })).toEqual(gone);
    expect(await call(gateway, { operation: "delete-connection", connectionId })).toEqual(gone);
    expect(gateway.counts()).toMatchObject({ posts: 1, delivered: 0 });
  });

  it("gets PayloadTooLargeException for a byte over 128 KB, and delivers 128 KB", async () => {
    const gateway = await openGateway();
    const { consumer, next } = await gateway.connect();
    const { connectionId } = consumer;
    const post = (bytes: number): Promise<Called> =>
      call(gateway, { operation: "post-to-connection", connectionId, data: "x".repeat(bytes) });
    expect(await post(131_073)).toEqual(errorOf("PayloadTooLargeException", true));
    expect(await post(131_072)).toEqual(OK);
    expect(await next()).toBe("x".repeat(131_072));
    expect(gateway.counts()).toMatchObject({ tooLarge: 1, delivered: 1 });
  });

  it("gets LimitExceededException for a post that finds the account's bucket empty", async () => {
    const gateway = await openGateway();
    const { connectionId } = (await gateway.connect()).consumer;
    gateway.setLimits({ postsPerSecond: 1e-9, postBurst: 1 });
    const post = { operation: "post-to-connection", connectionId, data: "hello" } as const;
    expect(await call(gateway, post)).toEqual(OK);
    expect(await call(gateway, post)).toEqual(errorOf("LimitExceededException", true));
  });

  it("gets ForbiddenException for a stage that the API does not have", async () => {
    const gateway = await openGateway();
    const { connectionId } = (await gateway.connect()).consumer;
    const endpoint = `http://${gateway.domainName}/prod`;
    const post = { operation: "post-to-connection", connectionId, data: "hello", endpoint } as const;
    expect(await call(gateway, post)).toEqual(errorOf("ForbiddenException", true));
    expect(gateway.counts()).toMatchObject({ forbidden: 1, delivered: 0 });
  });

  it.each([
    ["a wrong secret", { ...localCredentials, secretAccessKey: "wrong" }, "InvalidSignatureException"],
    ["an unknown key id", { ...localCredentials, accessKeyId: "UNKNOWN" }, "UnrecognizedClientException"],
  ])("is refused with %s, and delivers nothing", async (_, credentials, error) => {
    const gateway = await openGateway();
    const { connectionId } = (await gateway.connect()).consumer;
    const post = { operation: "post-to-connection", connectionId, data: "hello", credentials } as const;
    expect(await call(gateway, post)).toEqual(errorOf(error, false));
    expect(gateway.counts()).toMatchObject({ forbidden: 1, delivered: 0 });
  });
});
