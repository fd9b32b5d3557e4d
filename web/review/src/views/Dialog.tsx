import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  close: () => void;
  wide?: boolean;
  children: ComponentChildren;
}

/** The browser's own dialog: it keeps the focus inside, gives it back, and closes on Esc. */
export function Dialog({ title, close, wide, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog ref={box} class={wide ? "dialog dialog-wide" : "dialog"} aria-label={title} onCancel={(event) => (event.preventDefault(), close())}>
      <div class="dialog-head">
        <h3>{title}</h3>
        <button type="button" class="small-button" onClick={close}>
          关上
        </button>
      </div>
      {children}
    </dialog>
  );
}
