/** Line drawings on a 24-unit square, in the colour of the words beside them. */

const icon = (path: string) => () => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={path} />
  </svg>
);

export const Camera = icon("M3 8.5h4L8.8 6h6.4L17 8.5h4V19H3zM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z");
export const Picture = icon("M3.5 5h17v14h-17zM4 16.5l5-5 4 4 2.5-2.5 4.5 4M15.5 9.5h.01");
export const Send = icon("M4 12h14M12.5 6l6 6-6 6");
export const Lines = icon("M4 7h16M4 12h16M4 17h16");
export const Cross = icon("M6 6l12 12M18 6L6 18");
export const Tick = icon("M5 12.5l4.5 4.5L19 7.5");
export const Clock = icon("M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2.5");
export const Warn = icon("M12 4L2.5 20h19zM12 10v4.5M12 17.2h.01");
export const Down = icon("M12 5v14M6 13l6 6 6-6");
export const NoSignal = icon("M4 4l16 16M5 10a10 10 0 0 1 3.5-2.2M19 10a10 10 0 0 0-6-2.9M8.5 13.8a5 5 0 0 1 3-1.2M12 18h.01");

/** The sign: a zero that is also a thing done. */
export const Sign = () => (
  <svg class="sign" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <circle cx="16" cy="16" r="12" />
    <path d="M10.5 16.5l4 4 7.5-9" />
  </svg>
);
