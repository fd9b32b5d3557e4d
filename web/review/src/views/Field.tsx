import type { ComponentChildren } from "preact";

interface FieldProps {
  id: string;
  label: string;
  help?: string | undefined;
  fault?: string | undefined;
  optional?: boolean;
  children: (ties: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ComponentChildren;
}

/** A label, what helps to fill the field in, and what is wrong with it, all tied together for a screen reader. */
export function Field({ id, label, help, fault, optional, children }: FieldProps) {
  const note = `${id}-note`;
  return (
    <div class={fault ? "field field-wrong" : "field"}>
      <label for={id}>
        {label}
        {optional && <span class="optional">（可不填）</span>}
      </label>
      {children({ id, "aria-describedby": note, "aria-invalid": Boolean(fault) })}
      <p id={note} class="note">
        {fault || help}
      </p>
    </div>
  );
}
