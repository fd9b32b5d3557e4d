import type { Application, Item } from "../api";

interface ItemsProps {
  application: Application;
  items: Item[];
  write: (items: Item[]) => void;
}

/** What the applicant is asked to send again: everything at once, each with its reason and, where it helps, a picture. */
export function Items({ application, items, write }: ItemsProps) {
  const chosen = new Map(items.map((item) => [item.slot, item]));
  const change = (slot: string, changed: Item | null) => {
    const rest = new Map(chosen);
    if (changed) rest.set(slot, changed);
    else rest.delete(slot);
    write((application.slots ?? []).flatMap((each) => rest.get(each.slot) ?? []));
  };
  return (
    <fieldset class="items">
      <legend>要补正哪些（一次说清）</legend>
      {(application.slots ?? []).map(({ slot, title, late }) => {
        const item = chosen.get(slot);
        return (
          <div key={slot} class="item">
            <label class="item-name">
              <input type="checkbox" checked={Boolean(item)} onChange={() => change(slot, item ? null : { slot, reason: "", example: "" })} />
              {title}
              {late && <span class="note">第一次审核时就有</span>}
            </label>
            {item && (
              <div class="item-more">
                <textarea
                  rows={2}
                  maxLength={2000}
                  aria-label={`${title}：哪里不对，怎么补`}
                  placeholder="哪里不对，怎么补"
                  value={item.reason}
                  onInput={(event) => change(slot, { ...item, reason: event.currentTarget.value })}
                />
                <select
                  aria-label={`${title}：给申请人看的示例图`}
                  value={item.example}
                  onChange={(event) => change(slot, { ...item, example: event.currentTarget.value })}
                >
                  {(application.examples ?? []).map(({ id, label }) => (
                    <option key={id} value={id}>
                      {label}
                    </option>
                  ))}
                </select>
              </div>
            )}
          </div>
        );
      })}
    </fieldset>
  );
}
