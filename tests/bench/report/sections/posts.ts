import { figure, table } from "../../../support/markdown.ts";
import { CLIENT_NAMES, CLIENTS } from "../../posts/result.ts";
import type { PostsFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { image, section } from "../section.ts";
import { spread } from "../spread.ts";

export const postsSection = (results: Results): string[] => {
  const posts = results.of("posts")?.posts;
  return section(results, {
    title: "One post",
    ids: ["posts"],
    text: [
      "What posting to one connection costs the process that does it, over TLS, to a sink in another process. _Ours_ is the",
      "fan-out worker's whole way of posting, limits and retries and the account of what became of each included. _The SDK's",
      "client_ is `@aws-sdk/client-apigatewaymanagementapi`, tuned: one client, a keep-alive agent, as many sockets as posts",
      "under way. _Signed by hand_ is SigV4 with all made beforehand that can be, and nothing around it: over `node:https`",
      "with a keep-alive agent, and, as the _floor_, over undici, a `Client` a socket.",
    ],
    figures: posts ? [...tableOf(posts), ...image(results, "posts", "CPU time a post")] : [],
  });
};

function tableOf(posts: PostsFigures): string[] {
  const rows = CLIENTS.map((client) => {
    const { cpuMicrosPerPost, postsPerSecond } = posts[client].spreads;
    return [CLIENT_NAMES[client], spread(cpuMicrosPerPost, 1), spread(postsPerSecond)];
  });
  return [
    ...table(["", "CPU µs a post", "posts a second"], rows),
    `CPU time: ours is ${figure(posts.ratioToFloor, 2)} times the floor's, the SDK's is ${figure(posts.ratioToSdk, 1)} times ours.`,
    "",
  ];
}
