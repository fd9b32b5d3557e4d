import { remember } from "../keep";

export const isLarge = (): boolean => document.documentElement.dataset["size"] === "large";

export function setLarge(large: boolean): void {
  const size = large ? "large" : "normal";
  const goBack = place();
  document.documentElement.dataset["size"] = size;
  remember("size", size);
  goBack();
  window.dispatchEvent(new Event("resize")); // whoever was at the end stays there
}

/** Remember what stands on top of the screen; the returned call brings it back there when everything has grown. */
function place(): () => void {
  const log = document.querySelector<HTMLElement>(".log")!;
  const edge = log.getBoundingClientRect().top;
  const top = (turn: HTMLElement): number => turn.getBoundingClientRect().top;
  const turn = Array.from(log.querySelectorAll<HTMLElement>(".turn")).filter((each) => top(each) + each.offsetHeight > edge)[0];
  const before = turn ? top(turn) : 0;
  return () => {
    if (turn) log.scrollTop += top(turn) - before;
  };
}
