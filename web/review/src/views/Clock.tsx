import type { ClockColour } from "../api";
import { clockWords } from "../words";

/** Round while there is time, a triangle when it runs short, a square when it is over: and always the word. */
const shapes: Record<ClockColour, string> = {
  green: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
  yellow: "M8 1.5L15 14.5H1z",
  red: "M2 2h12v12H2z",
  none: "M2 8h12",
};

export const Clock = ({ colour }: { colour: ClockColour }) =>
  colour === "none" ? null : (
    <span class={`clock clock-${colour}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={shapes[colour]} />
      </svg>
      {clockWords[colour]}
    </span>
  );
