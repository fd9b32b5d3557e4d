import { useEffect, useRef, useState } from "preact/hooks";
import { languageNames } from "../words";
import { useHere } from "./context";
import { Cross } from "./icons";
import { isLarge, setLarge } from "./size";

/** Everything he may ask for at any time. What cannot be undone stands last; the service asks once more. */
export function Menu({ close }: { close: () => void }) {
  const { chat, w } = useHere();
  const sheet = useDialog(close);
  const say = (words: string) => (close(), chat.say(words));
  const command = ([words, label, help]: string[]) => (
    <button key={words} type="button" class="command" disabled={chat.isOver} onClick={() => say(words!)}>
      <b>{label}</b>
      <span>{help}</span>
    </button>
  );
  return (
    <div class="veil" onClick={(event) => event.target === event.currentTarget && close()}>
      <div class="sheet" role="dialog" aria-modal="true" aria-label={w.menu} ref={sheet}>
        <div class="sheet-head">
          <h2>{w.menu}</h2>
          <button type="button" class="small-button" onClick={close}>
            <Cross />
            {w.close}
          </button>
        </div>
        <div class="commands">{w.commands.map(command)}</div>
        <TextSize />
        <Language say={say} />
        <div class="commands commands-last">{w.lastCommands.map(command)}</div>
      </div>
    </div>
  );
}

function TextSize() {
  const { w } = useHere();
  const [large, set] = useState(isLarge());
  return (
    <Switch
      label={w.textSize}
      options={w.sizes}
      at={large ? 1 : 0}
      choose={(place) => (setLarge(place === 1), set(place === 1))}
    />
  );
}

function Language({ say }: { say: (words: string) => void }) {
  const { chat, w } = useHere();
  const at = languageNames.findIndex(([lang]) => lang === chat.lang);
  return <Switch label={w.language} options={languageNames.map(([, name]) => name)} at={at} choose={(place) => say(languageNames[place]![1])} />;
}

function Switch({ label, options, at, choose }: { label: string; options: string[]; at: number; choose: (place: number) => void }) {
  return (
    <div class="switch" role="group" aria-label={label}>
      <span>{label}</span>
      <div>
        {options.map((option, place) => (
          <button key={option} type="button" aria-pressed={place === at} onClick={() => place !== at && choose(place)}>
            {option}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Focus goes in, stays in, and comes back to where it was. */
function useDialog(close: () => void) {
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const buttons = () => Array.from(sheet.current!.querySelectorAll<HTMLElement>("button:not([disabled])"));
    buttons()[0]!.focus();
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") return close();
      if (event.key !== "Tab") return;
      const all = buttons();
      const edge = event.shiftKey ? all[0] : all[all.length - 1];
      if (document.activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? all[all.length - 1] : all[0])!.focus();
    };
    document.addEventListener("keydown", key);
    return () => (document.removeEventListener("keydown", key), before?.focus());
  }, []);
  return sheet;
}
