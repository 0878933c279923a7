import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePorts } from "../../support/free-ports.ts";
import { localhostCertificateFile, localhostKeyFile } from "../../support/raw-server.ts";
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

const REQUESTS_PER_CONNECTION = 10;

export const nginx: ProxyKind = {
  name: "nginx",
  requestsPerConnection: REQUESTS_PER_CONNECTION,
  missing: () =>
    findPrograms("nginx").length > 0
      ? undefined
      : "No nginx: Install it (Debian: apt-get install nginx-light)",
  async start(options) {
    const folder = await temporaryFolder();
    const [port = 0, statusPort = 0] = await freePorts(2);
    const config = join(folder, "nginx.conf");
    await writeFile(config, toConfig(options, folder, port, statusPort));
    const [program = ""] = findPrograms("nginx");
    await runServer(program, ["-c", config, "-p", folder, "-e", "stderr"], port);
    return { port, openConnections: () => readOpenConnections(statusPort) };
  },
};

/** The request for the status is one of the active connections. */
async function readOpenConnections(statusPort: number): Promise<number> {
  const status = await new Promise<string>((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port: statusPort, agent: false }, (response) =>
      resolve(text(response)),
    );
    request.on("error", reject);
  });
  return Number(/Active connections: (\d+)/.exec(status)?.[1]) - 1;
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
  statusPort: number,
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
master_process off;
pid ${folder}/pid;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  split_clients $request_id $reset { ${resetPercent === 0 ? "" : `${resetPercent}% 1;`} * 0; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${localhostCertificateFile};
    ssl_certificate_key ${localhostKeyFile};
    ssl_protocols ${tls};
    keepalive_timeout ${keepAliveSeconds}s;
    client_header_timeout ${keepAliveSeconds}s;
    keepalive_requests ${isShortLived ? REQUESTS_PER_CONNECTION : 1_000_000};
    reset_timedout_connection on;
    location / {
      if ($reset) { return 444; }
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header ${peerHeaders.connection} $remote_port;
      proxy_set_header ${peerHeaders.tls} $ssl_protocol;
      proxy_set_header ${peerHeaders.resumed} $ssl_session_reused;
    }
    location ~ ${THROTTLED} { return 429; }
    location ~ ${LIMITED} { client_max_body_size 1k; proxy_pass http://127.0.0.1:${upstreamPort}; }
  }
  server { listen 127.0.0.1:${statusPort}; location / { stub_status; } }
}
`;
}
