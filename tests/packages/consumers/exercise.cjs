/** Uses the packages as a consumer does. It gets them as arguments, so that it does not matter how they were loaded. */
"use strict";
const { createServer } = require("node:http");
const { createElement } = require("react");
const { renderToString } = require("react-dom/server");
const { WebSocketServer, WebSocket } = require("ws");

const LIBRARY = "lambda-websocket-pubsub";
const CLIENT = "lambda-websocket-pubsub-client";
exports.ENTRIES = [
  LIBRARY,
  ...["handlers", "protocol", "schema", "tokens"].map((name) => `${LIBRARY}/${name}`),
  CLIENT,
  `${CLIENT}/react`,
];

exports.exercise = async (packages) => ({
  names: Object.fromEntries(exports.ENTRIES.map((entry) => [entry, Object.keys(packages[entry]).sort()])),
  tokenAllowed: await isTokenAllowed(packages[`${LIBRARY}/tokens`]),
  reply: await exports.replyToPing((managementEndpoint) => {
    const config = { dynamodbTableName: "pubsub", managementEndpoint };
    return packages[`${LIBRARY}/handlers`].createWebsocketHandler({ config, authorize: "everybody" });
  }),
  subscribed: await subscribe(packages[CLIENT]),
  html: render(packages[CLIENT], packages[`${CLIENT}/react`]),
  mixed: mixFormats(packages),
});

async function isTokenAllowed({ createTopicTokenAuthorizer, mintTopicToken }) {
  const secret = "a secret of at least 32 bytes: yes";
  const request = { action: "SUBSCRIBE", topicId: "room-1", consumer: { connectionId: "c" } };
  const token = await mintTopicToken({ topicId: "room-1", secret });
  const { allow } = await createTopicTokenAuthorizer({ secret })({ ...request, token });
  return allow;
}

/**
 * Invokes a handler with a PING. Returns its response, and what it posted to a server in API Gateway's place. The post
 * is the AWS SDK's, which the library loads only when it is needed.
 */
exports.replyToPing = async (createHandler) => {
  const posts = [];
  const server = createServer(async ({ method, url, headers }, response) => {
    posts.push({ method, url, sdk: /aws-sdk-js/.test(headers["user-agent"]) });
    response.end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const credentials = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key", AWS_REGION: "eu-west-1" };
  Object.assign(process.env, credentials, { PUBSUB_TRANSPORT: "sdk" });
  const handler = await createHandler(`http://127.0.0.1:${server.address().port}`);
  const requestContext = {
    ...{ eventType: "MESSAGE", routeKey: "$default", connectionId: "L0SM9cOFvHcCIhw=", requestId: "r" },
    ...{ domainName: "abc123.execute-api.eu-west-1.amazonaws.com", stage: "prod", apiId: "abc123" },
  };
  const body = JSON.stringify({ action: "PING", requestId: "1" });
  const { statusCode } = await handler({ requestContext, body, isBase64Encoded: false });
  server.close();
  server.closeAllConnections();
  return { statusCode, posts };
};

/** Subscribes with the class of `ws`, because Node 20 has no WebSocket. */
async function subscribe({ createPubsubClient }) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((listening) => server.on("listening", listening));
  server.on("connection", (socket) => {
    socket.on("message", (message) => {
      const { action, requestId, topicId, nonce } = JSON.parse(message);
      if (action !== "SUBSCRIBE") return;
      const position = { epoch: "e", offset: 7, recovered: true };
      socket.send(JSON.stringify({ type: "SUBSCRIBED", requestId, topicId, ...position, nonce }));
    });
  });
  const url = `ws://127.0.0.1:${server.address().port}`;
  const client = createPubsubClient({ url, webSocket: WebSocket });
  const { offset } = await client.subscribe("room-1", () => {}).ready;
  client.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
  return offset;
}

/** `useTopic` finds the client only if it reads the React context that the provider fills. */
function render({ createPubsubClient }, { PubsubProvider, useTopic }) {
  const client = createPubsubClient({ url: "ws://127.0.0.1:9", webSocket: WebSocket, onError() {} });
  const room = createElement(Room, { useTopic });
  const html = renderToString(createElement(PubsubProvider, { client }, room));
  client.close();
  return html;
}

/** A program may have loaded both formats. These are the CommonJS files, also if it was an import that loaded the others. */
function mixFormats(packages) {
  const { PubsubError } = require(LIBRARY);
  return {
    isPubsubError: packages[LIBRARY].isPubsubError(new PubsubError("INVALID_ARGUMENT", "wrong")),
    html: render(require(CLIENT), packages[`${CLIENT}/react`]),
  };
}

const Room = ({ useTopic }) => createElement("p", null, useTopic("room-1").events.length);
