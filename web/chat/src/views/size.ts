import { remember } from "../keep";

export const isLarge = (): boolean => document.documentElement.dataset["size"] === "large";

export function setLarge(large: boolean): void {
  const size = large ? "large" : "normal";
  document.documentElement.dataset["size"] = size;
  remember("size", size);
  window.dispatchEvent(new Event("resize")); // everything grew: keep the newest words in view
}
