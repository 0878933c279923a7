/** What the server publishes, and the page shows. */
export interface Message {
  name: string;
  text: string;
}

export const ROOM_PATTERN = /^[\w.-]{1,64}$/;
export const NAME_LENGTH_MAX = 40;
export const TEXT_LENGTH_MAX = 2_000;

/** A topic for each room. The prefix keeps rooms apart from the app's other topics. */
export const topicOf = (room: string) => `chat/${room}`;
