import { handler as shipped } from "../../../../functions/websocket.ts";
import { keep } from "./keep.ts";

export const handler: typeof shipped = (event, context) => {
  keep("events", event);
  return shipped(event, context);
};
