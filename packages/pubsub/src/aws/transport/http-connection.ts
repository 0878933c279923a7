import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  type Exchanged,
  type ExchangeFailure,
  type ExchangeFailureKind,
  exchangeFailure,
} from "./exchange.ts";
import { createResponseReader, type HttpResponse } from "./http-response.ts";

/** The body of a request, or its pieces, which go out one after the other. */
export type HttpBody = Uint8Array | readonly Uint8Array[];

/** One keep-alive connection; one request at a time. */
export interface HttpConnection {
  /** Sends a request. Calls `done` once, with the response or the reason why there is no response. */
  exchange(head: string, body: HttpBody, done: (exchanged: Exchanged) => void): void;
  /** Whether another request can be sent. */
  usable(): boolean;
  /** How many of its requests had a response. */
  answers: number;
  /** When it was connected, or its last exchange ended, by the clock that goes on while the process is frozen. */
  lastUsedMs: number;
  /** Ends the request that is under way, if any, with this reason. */
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
 * Writes the request's bytes to the socket itself: `node:http` and `fetch` cost several times as much for each post.
 * The measurements are in docs/decisions/0006.
 */
export function openHttpConnection(
  origin: HttpOrigin,
  { tlsSession, maxAnswerBytes }: { tlsSession: { latest?: Buffer }; maxAnswerBytes: number | undefined },
  { onReady, onClose }: HttpConnectionEvents,
): HttpConnection {
  const socket = connect(origin, tlsSession);
  const reader = createResponseReader(maxAnswerBytes);
  let done: ((exchanged: Exchanged) => void) | undefined;
  /** Whether the socket has taken every byte of the request. */
  let written = true;
  /** Whether there is a response that is not accepted yet. */
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
      // What follows a response does not undo it
      if (!early) end(failure);
    },
  };

  function endWith(response: HttpResponse): void {
    connection.answers += 1;
    connection.lastUsedMs = Date.now();
    if (!response.reusable) close(exchangeFailure("broken-connection", "closed after a response"));
    end(response);
  }

  /** A success does not count if the other side cannot have read the whole request. */
  function endEarly(response: HttpResponse): void {
    early = false;
    if (written) {
      endWith(response);
      return;
    }
    const failure = exchangeFailure("bad-answer", "a response before the request was sent");
    close(failure);
    end(response.status < 300 ? failure : response);
  }

  // The pool's timer keeps the process alive while a post is under way; an idle connection must not. Before the socket is
  // connected it is too early for this: it has another handle for each of the host's addresses that it tries
  socket.once("connect", () => socket.unref());
  socket.once(origin.secure ? "secureConnect" : "connect", () => {
    if (!open) return;
    ready = true;
    connection.lastUsedMs = Date.now();
    onReady(connection);
  });
  socket.on("data", (chunk: Buffer) => {
    if (!done || early) return fail("bad-answer", "a response without a request");
    const response = reader.read(chunk.toString("latin1"));
    if (response === "incomplete") return;
    if ("problem" in response) return fail("bad-answer", response.problem);
    if (written) return endWith(response);
    // TLS says only after this poll that a request is written
    early = true;
    setImmediate(endEarly, response);
  });
  if (origin.secure) socket.on("session", (session: Buffer) => (tlsSession.latest = session));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // The cause can be the resumed session, with which later connections would fail as well
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

/** An IP address has no server name. */
const serverName = (hostname: string): { servername?: string } =>
  /^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname };

/** A resumed session saves most of the handshake's work. */
const resumed = ({ latest }: { latest?: Buffer }): { session?: Buffer } =>
  latest ? { session: latest } : {};

/** Node sets it for everything that is wrong with a certificate, including the host's name. */
const isRefusedCertificate = (socket: Socket | TLSSocket): boolean =>
  "authorizationError" in socket && Boolean(socket.authorizationError);

function write(
  socket: Socket,
  { head, body }: { head: string; body: HttpBody },
  onWritten: () => void,
): void {
  const pieces = body instanceof Uint8Array ? [body] : body;
  const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, head.length);
  if (bytes > ONE_PIECE_BYTES_MAX) {
    socket.cork();
    socket.write(head, "latin1");
    for (const piece of pieces) socket.write(piece, piece === pieces.at(-1) ? onWritten : undefined);
    socket.uncork();
    return;
  }
  const whole = Buffer.allocUnsafe(bytes);
  let at = whole.write(head, "latin1");
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  socket.write(whole, onWritten);
}
