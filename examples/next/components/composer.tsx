"use client";

import { useActionState } from "react";
import { NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "../lib/message";
import { publish } from "../lib/publish";

/** A form that works before JavaScript has loaded, too: the browser posts it to the server action. */
export function Composer({ room }: { room: string }) {
  const [{ name, text, problem }, action, isPending] = useActionState(publish, { name: "", text: "" });
  return (
    <form action={action} className="composer">
      {problem && (
        <p className="notice" role="alert">
          {problem}
        </p>
      )}
      <input type="hidden" name="room" value={room} />
      <label>
        Name <input name="name" defaultValue={name} maxLength={NAME_LENGTH_MAX} required />
      </label>
      <label>
        Message{" "}
        <input name="text" defaultValue={text} maxLength={TEXT_LENGTH_MAX} autoComplete="off" required />
      </label>
      <button type="submit" disabled={isPending}>
        Send
      </button>
    </form>
  );
}
