import type { WireError } from "../../../src/inspector/wire.ts";
import { lock, sessionKey } from "./session.ts";

/** The server refused a request, or could not do it. */
export class ServerError extends Error {
  readonly code: string;

  constructor({ code, message }: WireError) {
    super(message);
    this.code = code;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Parameters = Record<string, string | number | undefined>;

/** Reads from the server. Throws `ServerError`. */
export async function read<Result>(name: string, parameters: Parameters = {}): Promise<Result> {
  const response = await send(`/api/${name}?${query(parameters)}`, {});
  return (await response.json()) as Result;
}

export async function write<Result>(name: string, body: object): Promise<Result> {
  const response = await send(`/api/${name}`, { method: "POST", body: JSON.stringify(body) });
  return (await response.json()) as Result;
}

/** Yields the lines of a response as they arrive. */
export async function* lines<Line>(path: string, init: RequestInit): AsyncGenerator<Line> {
  const response = await send(path, init);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value = "" } = (await reader?.read()) ?? { done: true };
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield JSON.parse(part) as Line;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const key = sessionKey();
  const response = await fetch(path, {
    ...init,
    headers: {
      ...(init.body !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
  });
  if (response.ok) return response;
  if (response.status === 401) lock();
  const text = await response.text();
  throw new ServerError(
    errorIn(text) ?? { code: `STATUS_${response.status}`, message: text || response.statusText },
  );
}

function errorIn(text: string): WireError | undefined {
  try {
    return (JSON.parse(text) as { error?: WireError }).error;
  } catch {
    return undefined;
  }
}

function query(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}
