import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const KEYS = [
  ["1 2 3", "live, dead letters, health"],
  ["/", "the filter"],
  ["p", "the publish box"],
  ["Ctrl + Enter", "publish"],
  ["Esc", "leave a field"],
  ["?", "this list"],
] as const;

export function Shortcuts({ close }: { close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard</h2>
      <dl class="keys-list">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "+" ? " + " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
