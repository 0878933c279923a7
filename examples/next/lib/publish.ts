"use server";

import { publishToTopic } from "lambda-websocket-pubsub";
import { NAME_LENGTH_MAX, ROOM_PATTERN, TEXT_LENGTH_MAX, topicOf } from "./message";

/** What the form shows after it was sent. */
export interface FormState {
  name: string;
  /** Empty, unless the message has to be sent again. */
  text: string;
  problem?: string;
}

/** Publishes the form's message. A real app would find out here who the user is, and whether they may write. */
export async function publish(_previous: FormState, form: FormData): Promise<FormState> {
  const [room, name, text] = ["room", "name", "text"].map((field) => String(form.get(field) ?? "").trim());
  if (!room || !ROOM_PATTERN.test(room)) throw new Error("the form has no room");
  if (!name || name.length > NAME_LENGTH_MAX || !text || text.length > TEXT_LENGTH_MAX) {
    const problem = `A name of up to ${NAME_LENGTH_MAX} and a message of up to ${TEXT_LENGTH_MAX} characters, please.`;
    return { name: name ?? "", text: text ?? "", problem };
  }
  const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
  try {
    await publishToTopic({
      topicId: topicOf(room),
      data: { name, text },
      config: { dynamodbTableName, fanoutQueueUrl },
    });
    return { name, text: "" };
  } catch (error) {
    console.error(error);
    return { name, text, problem: "The message was not sent. Try again." };
  }
}
