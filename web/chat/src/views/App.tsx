import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import { words } from "../words";
import { Bar } from "./Bar";
import { Composer } from "./Composer";
import { Context } from "./context";
import { Menu } from "./Menu";
import { Status } from "./Status";
import { Talk } from "./Talk";

export function App({ chat }: { chat: Chat }) {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  // Before anything is fetched: an effect that runs after the paint can miss the first news on a busy phone.
  useLayoutEffect(() => chat.watch(() => redraw(undefined)), []);
  const [menu, setMenu] = useState(false);
  const camera = useRef<HTMLInputElement>(null);
  const gallery = useRef<HTMLInputElement>(null);
  const w = words[chat.lang];
  const pick = useCallback((from: "camera" | "gallery") => (from === "camera" ? camera : gallery).current!.click(), []);
  const here = useMemo(() => ({ chat, w, pick }), [w]);
  useEffect(() => void (document.title = w.name), [w]);

  return (
    <Context.Provider value={here}>
      <div class="page">
        <Bar openMenu={() => setMenu(true)} />
        <Status />
        <Talk />
        <Composer />
      </div>
      {menu && <Menu close={() => setMenu(false)} />}
      <PhotoInput chat={chat} tooBig={w.tooBig} input={camera} capture />
      <PhotoInput chat={chat} tooBig={w.tooBig} input={gallery} />
    </Context.Provider>
  );
}

interface PhotoInputProps {
  chat: Chat;
  tooBig: string;
  input: RefObject<HTMLInputElement | null>;
  capture?: boolean;
}

/** The two doors to the phone's pictures. They stay in the page, or a picture taken meanwhile would find nobody. */
function PhotoInput({ chat, tooBig, input, capture }: PhotoInputProps) {
  const send = async (field: HTMLInputElement) => {
    const files = Array.from(field.files ?? []);
    field.value = ""; // so that the same picture can be chosen again
    for (const file of files) await chat.show(file, tooBig);
  };
  return (
    <input
      ref={input}
      class="unseen"
      type="file"
      accept="image/*"
      tabIndex={-1}
      aria-hidden="true"
      data-from={capture ? "camera" : "gallery"}
      onChange={(event) => void send(event.currentTarget)}
      {...(capture ? { capture: "environment" as const } : { multiple: true })}
    />
  );
}
