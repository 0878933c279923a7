import { Agent, request } from "node:https";
import { inParallel } from "../../demo/subscriber.ts";
import { accessFromEnv, createFloorSigner } from "./floor-signer.ts";
import { type PosterOrder, type Prepare, runPoster } from "./poster.ts";

runPoster(createHttps);

/** Posts with Node's own HTTPS client and a keep-alive agent, signed like the floor. */
function createHttps({ endpoint, bodyBytes, sockets }: PosterOrder): Prepare {
  const { hostname, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const body = Buffer.alloc(bodyBytes, "x");
  const signer = createFloorSigner({ endpoint, body, ...accessFromEnv() });

  function post(id: string): Promise<void> {
    const { path, headers } = signer.sign(id, Date.now());
    const [dateName, date, authorizationName, authorization] = headers as [string, string, string, string];
    const signed = { [dateName]: date, [authorizationName]: authorization, "content-length": body.length };
    return new Promise((resolve, reject) => {
      const sent = request({ agent, hostname, port, path, method: "POST", headers: signed }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`expected status 200; got ${response.statusCode}`));
        response.on("end", resolve).resume();
      });
      sent.on("error", reject).end(body);
    });
  }

  return (connectionIds) => () =>
    inParallel(connectionIds.length, sockets, (index) => post(connectionIds[index] ?? ""));
}
