import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  type Exchanged,
  type ExchangeFailure,
  type ExchangeFailureKind,
  exchangeFailure,
} from "./exchange.ts";
import { createAnswerReader, type HttpAnswer } from "./http-answer.ts";

/** One keep-alive connection; one request at a time. */
export interface HttpConnection {
  /** Sends a request; `done` is called once, with its answer or the reason why there is none. */
  exchange(head: string, body: Uint8Array, done: (exchanged: Exchanged) => void): void;
  /** Whether another request can be sent. */
  usable(): boolean;
  /** How many of its requests were answered. */
  answers: number;
  /** When it was connected, or its last exchange ended, by the clock that goes on while the process is frozen. */
  lastUsedMs: number;
  /** The request that is under way, if any, ends with this reason. */
  destroy(failure: ExchangeFailure): void;
}

export interface HttpConnectionEvents {
  /** Once, when a request can be sent. */
  onReady(connection: HttpConnection): void;
  /** Once, when no request can be sent any more; before `onReady` it says why it could not be opened. */
  onClose(connection: HttpConnection, failure: ExchangeFailure): void;
}

export interface HttpOrigin {
  secure: boolean;
  hostname: string;
  port: number;
}

/** A head and a body this small go out as one piece, and one TLS record. */
const ONE_PIECE_BYTES_MAX = 16_384;

/**
 * Nothing between the request's bytes and the socket: `node:http` and `fetch` cost several times as much a post.
 * The measurements are in docs/decisions/0006.
 */
export function openHttpConnection(
  origin: HttpOrigin,
  { tlsSession, maxAnswerBytes }: { tlsSession: { latest?: Buffer }; maxAnswerBytes: number | undefined },
  { onReady, onClose }: HttpConnectionEvents,
): HttpConnection {
  const socket = connect(origin, tlsSession);
  const reader = createAnswerReader(maxAnswerBytes);
  let done: ((exchanged: Exchanged) => void) | undefined;
  /** Whether the socket has taken every byte of the request. */
  let written = true;
  /** Whether there is an answer that is not believed yet. */
  let early = false;
  let ready = false;
  let open = true;

  function end(exchanged: Exchanged): void {
    const ended = done;
    done = undefined;
    ended?.(exchanged);
  }

  function close(failure: ExchangeFailure): void {
    if (!open) return;
    open = false;
    socket.destroy();
    onClose(connection, failure);
  }

  const fail = (kind: ExchangeFailureKind, problem: string): void =>
    connection.destroy(exchangeFailure(kind, problem));

  const connection: HttpConnection = {
    answers: 0,
    lastUsedMs: Date.now(),
    usable: () => open,
    exchange(head, body, whenDone) {
      done = whenDone;
      written = false;
      write(socket, { head, body }, () => (written = true));
    },
    destroy(failure) {
      close(failure);
      // What follows an answer does not undo it
      if (!early) end(failure);
    },
  };

  function endWith(answer: HttpAnswer): void {
    connection.answers += 1;
    connection.lastUsedMs = Date.now();
    if (!answer.reusable) close(exchangeFailure("broken-connection", "closed after an answer"));
    end(answer);
  }

  /** A success in answer to a request that the other side can't have read whole is none. */
  function endEarly(answer: HttpAnswer): void {
    early = false;
    if (written) {
      endWith(answer);
      return;
    }
    const failure = exchangeFailure("bad-answer", "an answer before the request was sent");
    close(failure);
    end(answer.status < 300 ? failure : answer);
  }

  // Whoever waits for a post keeps the process alive, by the pool's timer; a connection alone does not. Before it is
  // connected would be too early: the handle is another one for each of the host's addresses that is tried
  socket.once("connect", () => socket.unref());
  socket.once(origin.secure ? "secureConnect" : "connect", () => {
    if (!open) return;
    ready = true;
    connection.lastUsedMs = Date.now();
    onReady(connection);
  });
  socket.on("data", (chunk: Buffer) => {
    if (!done || early) return fail("bad-answer", "an answer to nothing");
    const answer = reader.read(chunk.toString("latin1"));
    if (answer === "incomplete") return;
    if ("problem" in answer) return fail("bad-answer", answer.problem);
    if (written) return endWith(answer);
    // TLS says only after this poll that a request is written
    early = true;
    setImmediate(endEarly, answer);
  });
  if (origin.secure) socket.on("session", (session: Buffer) => (tlsSession.latest = session));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // It may be the session that the other side can't bear; with it no later connection would do better
    delete tlsSession.latest;
    const problem = error.code ?? error.message;
    // A certificate that was refused will be refused again
    if (isRefusedCertificate(socket)) connection.destroy(exchangeFailure("no-connection", problem, false));
    else fail(ready ? "broken-connection" : "no-connection", problem);
  });
  for (const [event, problem] of ENDS) {
    socket.on(event, () => fail(ready ? "broken-connection" : "no-connection", problem));
  }
  return connection;
}

const ENDS = [
  ["end", "closed by the other side"],
  ["close", "closed"],
] as const;

function connect({ secure, hostname, port }: HttpOrigin, tlsSession: { latest?: Buffer }): Socket {
  const to = { host: hostname, port, noDelay: true };
  if (!secure) return connectPlain(to);
  return connectTls({
    ...to,
    ...serverName(hostname),
    ALPNProtocols: ["http/1.1"],
    ...resumed(tlsSession),
  });
}

/** An address has no name to ask for. */
const serverName = (hostname: string): { servername?: string } =>
  /^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname };

/** A resumed session saves most of the handshake's work. */
const resumed = ({ latest }: { latest?: Buffer }): { session?: Buffer } =>
  latest ? { session: latest } : {};

/** Node sets it for whatever it finds wrong with a certificate, the host's name included. */
const isRefusedCertificate = (socket: Socket | TLSSocket): boolean =>
  "authorizationError" in socket && Boolean(socket.authorizationError);

function write(
  socket: Socket,
  { head, body }: { head: string; body: Uint8Array },
  onWritten: () => void,
): void {
  const bytes = head.length + body.byteLength;
  if (bytes > ONE_PIECE_BYTES_MAX) {
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body, onWritten);
    socket.uncork();
    return;
  }
  const whole = Buffer.allocUnsafe(bytes);
  whole.write(head, "latin1");
  whole.set(body, head.length);
  socket.write(whole, onWritten);
}
