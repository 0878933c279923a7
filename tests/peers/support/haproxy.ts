import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePorts } from "../../support/free-ports.ts";
import { localhostCertificate, localhostKeyFile } from "../../support/raw-server.ts";
import { findPrograms } from "./find-program.ts";
import {
  LIMITED,
  LONG_KEEP_ALIVE_SECONDS,
  type ProxyKind,
  type ProxyOptions,
  runServer,
  THROTTLED,
  temporaryFolder,
} from "./proxy.ts";
import { peerHeaders } from "./upstream.ts";

export const haproxy: ProxyKind = {
  name: "haproxy",
  // It has no such limit; `option httpclose` closes after each response
  requestsPerConnection: 1,
  missing: () =>
    findPrograms("haproxy").length > 0
      ? undefined
      : "No haproxy: Install it (Debian: apt-get install haproxy)",
  async start(options) {
    const folder = await temporaryFolder();
    const [port = 0] = await freePorts(1);
    const config = join(folder, "haproxy.cfg");
    const key = await readFile(localhostKeyFile, "utf8");
    await writeFile(join(folder, "localhost.pem"), `${localhostCertificate()}\n${key}`);
    await writeFile(config, toConfig(options, folder, port));
    const [program = ""] = findPrograms("haproxy");
    await runServer(program, ["-db", "-f", config], port);
    return { port, openConnections: () => readOpenConnections(join(folder, "stats")) };
  },
};

/** The current sessions of the frontend are the fifth column. */
async function readOpenConnections(statsSocket: string): Promise<number> {
  const socket = connect(statsSocket);
  socket.write("show stat\n");
  const stats = await text(socket);
  return Number(/^front,FRONTEND,[^,]*,[^,]*,(\d+),/m.exec(stats)?.[1]);
}

function toConfig(
  {
    upstreamPort,
    tls,
    keepAliveSeconds = LONG_KEEP_ALIVE_SECONDS,
    isShortLived = false,
    resetPercent = 0,
  }: ProxyOptions,
  folder: string,
  port: number,
): string {
  // Without lingering, a close is a reset
  const resets = [`option nolinger`, `http-request reject if { rand(100) lt ${resetPercent} }`];
  return `
global
  maxconn 500
  stats socket ${folder}/stats level user
defaults
  mode http
  timeout connect ${LONG_KEEP_ALIVE_SECONDS}s
  timeout client ${LONG_KEEP_ALIVE_SECONDS}s
  timeout server ${LONG_KEEP_ALIVE_SECONDS}s
  timeout http-keep-alive ${keepAliveSeconds}s
  timeout http-request ${keepAliveSeconds}s
  retries 0
frontend front
  bind 127.0.0.1:${port} ssl crt ${folder}/localhost.pem ssl-min-ver ${tls} ssl-max-ver ${tls}
  ${isShortLived ? "option httpclose" : ""}
  ${resetPercent === 0 ? "" : resets.join("\n  ")}
  http-request deny deny_status 429 if { path_sub ${THROTTLED} }
  http-request deny deny_status 413 if { path_sub ${LIMITED} } { req.hdr_val(content-length) gt 1024 }
  http-request set-header ${peerHeaders.connection} %[src_port]
  http-request set-header ${peerHeaders.tls} %[ssl_fc_protocol]
  http-request set-header ${peerHeaders.resumed} %[ssl_fc_is_resumed]
  default_backend upstream
backend upstream
  server upstream 127.0.0.1:${upstreamPort}
`;
}
