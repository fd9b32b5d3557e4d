import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { draft } from "../keep";
import { useHere } from "./context";
import { Camera, Send } from "./icons";

const longestMessage = 2000;

export function Composer() {
  const { chat, w, pick } = useHere();
  const [text, setText] = useState(draft.read());
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => grow(field.current!), [text]);
  const write = (words: string) => (setText(words), draft.write(words));
  const send = () => {
    if (!text.trim()) return field.current!.focus();
    chat.say(text.trim());
    write("");
    field.current!.focus();
  };
  const key = (event: KeyboardEvent) => {
    // While an input method is composing, Enter picks the word and does not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => (event.preventDefault(), send())}>
      <button type="button" class="round" aria-label={w.sendPhoto} disabled={chat.isOver} onClick={() => pick("gallery")}>
        <Camera />
      </button>
      <textarea
        ref={field}
        rows={1}
        aria-label={w.field}
        placeholder={w.fieldHint}
        maxLength={longestMessage}
        enterkeyhint="send"
        autocomplete="off"
        dir="auto"
        disabled={chat.isOver}
        value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={key}
      />
      <button type="submit" class="round round-main" aria-label={w.send} disabled={chat.isOver}>
        <Send />
      </button>
    </form>
  );
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 4}px`; // the border; the stylesheet sets the most
}
