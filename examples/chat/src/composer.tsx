import { type KeyboardEvent, type ReactNode, type SubmitEvent, useRef, useState } from "react";
import { type ChatMessage, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "./message.ts";

/** From this many characters that are left on, the page counts them. */
const COUNT_FROM = 200;

interface ComposerProps {
  /** Empty until the user gave one. */
  name: string;
  onName(name: string): void;
  onSend(message: ChatMessage): void;
}

export function Composer({ name: given, onName, onSend }: ComposerProps): ReactNode {
  const [name, setName] = useState(given);
  const [isNaming, setIsNaming] = useState(given === "");
  const [text, setText] = useState("");
  const textField = useRef<HTMLTextAreaElement>(null);
  const left = TEXT_LENGTH_MAX - text.length;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const message = { name: name.trim(), text: text.trim() };
    // The form requires a name, but accepts one of blanks
    setIsNaming(message.name === "");
    if (message.name === "") return;
    if (message.name !== given) onName(message.name);
    textField.current?.focus();
    if (message.text === "") return;
    setText("");
    onSend(message);
  }

  /** Enter sends and Shift+Enter begins a line. The Enter that accepts a word of an input method does neither. */
  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  }

  return (
    <form className="composer" onSubmit={submit}>
      {isNaming ? (
        <div className="name">
          <label htmlFor="name">Name</label>
          <input
            id="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={NAME_LENGTH_MAX}
            autoComplete="nickname"
            placeholder="What should the others call you?"
            required
          />
          <button type="submit" className="join" disabled={name.trim() === ""}>
            {given === "" ? "Join" : "Save"}
          </button>
        </div>
      ) : (
        <p className="identity">
          Writing as <b>{name}</b>
          <button type="button" className="quiet" onClick={() => setIsNaming(true)}>
            Change name
          </button>
        </p>
      )}
      {left <= COUNT_FROM && <p className="left">{left} characters left</p>}
      <div className="field">
        <textarea
          ref={textField}
          aria-label="Message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          maxLength={TEXT_LENGTH_MAX}
          placeholder="Write a message"
          enterKeyHint="send"
          rows={1}
        />
        <button type="submit" aria-label="Send" disabled={text.trim() === ""}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 19V6M6 11.5 12 5.5l6 6" />
          </svg>
        </button>
      </div>
    </form>
  );
}
