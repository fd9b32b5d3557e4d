import { useState } from "preact/hooks";
import { useHere } from "./context";
import { Lines, Sign } from "./icons";
import { isLarge, setLarge } from "./size";

export function Bar({ openMenu }: { openMenu: () => void }) {
  const { w } = useHere();
  const [large, set] = useState(isLarge());
  const turn = () => (setLarge(!large), set(!large));
  return (
    <header class="bar">
      <Sign />
      <h1>{w.name}</h1>
      <button type="button" class="bar-button" aria-pressed={large} onClick={turn}>
        {large ? w.normal : w.large}
      </button>
      <button type="button" class="bar-button" aria-haspopup="dialog" onClick={openMenu}>
        <Lines />
        {w.menu}
      </button>
    </header>
  );
}
