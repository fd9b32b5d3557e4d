import { useState } from "preact/hooks";
import { Refused, reveal, type Application } from "../api";
import { Dialog } from "./Dialog";
import { Field } from "./Field";

const reasons = ["核对照片上的号码", "在业务系统里录入", "跟申请人电话核对"];

interface Row {
  key: string;
  label: string;
  shown: string;
  sensitive: boolean;
}

/** Who applies, who consented for a child, and who did it for them. */
function people({ applicant, guardian, agent }: Application): Row[] {
  const rows: Row[] = [];
  if (applicant) rows.push({ key: "applicant", label: "申请人", shown: `${applicant.name} ${applicant.id_number}`, sensitive: true });
  if (guardian) rows.push({ key: "guardian", label: "监护人", shown: `${guardian.name} ${guardian.id_number} ${guardian.relation}`, sensitive: true });
  if (agent) rows.push({ key: "agent", label: "代办员", shown: `${agent.village} ${agent.name}`, sensitive: false });
  return rows;
}

/** What he told us. A masked value is shown in full only for a reason, which is kept. */
export function Answers({ application, signedOut }: { application: Application; signedOut: () => void }) {
  const [shown, setShown] = useState<Record<string, string>>({});
  const [asking, setAsking] = useState<Row | null>(null);
  const rows = people(application).concat(application.answers);
  return (
    <section>
      <h3>填的内容</h3>
      <dl class="rows">
        {rows.map((row) => (
          <div key={row.key}>
            <dt>{row.label}</dt>
            <dd dir="auto">{shown[row.key] ?? row.shown}</dd>
            {row.sensitive && !shown[row.key] && (
              <dd class="reveal">
                <button type="button" class="small-button" aria-label={`看全 ${row.label}`} aria-haspopup="dialog" onClick={() => setAsking(row)}>
                  看全
                </button>
              </dd>
            )}
          </div>
        ))}
      </dl>
      {asking && (
        <Why
          row={asking}
          close={() => setAsking(null)}
          ask={async (reason) => {
            const { value } = await reveal(application.number, asking.key, reason);
            setShown({ ...shown, [asking.key]: value });
            setAsking(null);
          }}
          signedOut={signedOut}
        />
      )}
    </section>
  );
}

function Why({ row, ask, close, signedOut }: { row: Row; ask: (reason: string) => Promise<void>; close: () => void; signedOut: () => void }) {
  const [reason, setReason] = useState(reasons[0]!);
  const [fault, setFault] = useState("");
  const send = (event: Event) => {
    event.preventDefault();
    ask(reason).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) signedOut();
      else setFault(error.plain);
    });
  };
  return (
    <Dialog title={`看全“${row.label}”`} close={close}>
      <form onSubmit={send}>
        <Field id="reason" label="为什么要看" help="会记下是您看的、什么时候、为什么。" fault={fault}>
          {(ties) => (
            <select {...ties} value={reason} onChange={(event) => setReason(event.currentTarget.value)}>
              {reasons.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          )}
        </Field>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            取消
          </button>
          <button type="submit" class="button button-primary">
            看全
          </button>
        </div>
      </form>
    </Dialog>
  );
}
