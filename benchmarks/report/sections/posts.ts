import { figure, table } from "../../../tests/support/markdown.ts";
import { CLIENT_NAMES, CLIENTS } from "../../posts/result.ts";
import type { PostsFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { image, section } from "../section.ts";
import { showSpread } from "../spread.ts";

export const postsSection = (results: Results): string[] => {
  const posts = results.find("posts")?.posts;
  return section(results, {
    title: "One post",
    ids: ["posts"],
    text: [
      "This is the cost of one post to one connection for the posting process, over TLS to a sink in another process. _Ours_ is",
      "the fan-out worker's complete posting path, with limits, retries and the outcome of each post. _The SDK's client_ is a",
      "tuned `@aws-sdk/client-apigatewaymanagementapi`: one client, a keep-alive agent, and as many sockets as posts in flight.",
      "_Signed by hand_ computes only the SigV4 signature and reuses everything that posts share. It posts over `node:https`",
      "with a keep-alive agent, and over undici with one `Client` per socket. The latter is the _floor_: the lowest cost.",
    ],
    figures: posts ? [...renderTable(posts), ...image(results, "posts", "CPU time per post")] : [],
  });
};

function renderTable(posts: PostsFigures): string[] {
  const rows = CLIENTS.map((client) => {
    const { cpuMicrosPerPost, postsPerSecond } = posts[client].spreads;
    return [CLIENT_NAMES[client], showSpread(cpuMicrosPerPost, 1), showSpread(postsPerSecond)];
  });
  return [
    ...table(["", "CPU µs per post", "posts per second"], rows),
    `Our CPU time is ${figure(posts.ratioToFloor, 2)} times the floor's. The SDK's CPU time is ${figure(posts.ratioToSdk, 1)} times ours.`,
    "",
  ];
}
