import { Drawing } from "../../../shared/Drawing";
import { useHere } from "./context";

/** A drawing of a good photo of the page that is wanted. */
export function Guide({ slot, side }: { slot: string; side: string }) {
  return <Drawing slot={slot} side={side} w={useHere().w} />;
}
