/** A drawing of a good photo: the paper lies flat and whole inside the frame. */

export interface GuideWords {
  guideFront: string;
  guideBack: string;
  guideBank: string;
  guidePaper: string;
}

export function Drawing({ slot, side, w }: { slot: string; side: string; w: GuideWords }) {
  const kind = kindOf(slot, side);
  const label = { front: w.guideFront, back: w.guideBack, bank: w.guideBank, paper: w.guidePaper }[kind];
  return (
    <svg class="guide" viewBox="0 0 320 190" role="img" aria-label={label}>
      <path class="frame" d="M14 46V14h38M268 14h38v32M306 144v32h-38M52 176H14v-32" />
      {kind === "paper" ? <Paper /> : <rect class="paper" x="44" y="28" width="232" height="134" rx="12" />}
      {kind === "front" && <Front />}
      {kind === "back" && <Back />}
      {kind === "bank" && <Bank />}
      <path class="corners" d={kind === "paper" ? "M104 30v-10h10M206 20h10v10M216 160v10h-10M114 170h-10v-10" : "M44 48V28h20M256 28h20v20M276 142v20h-20M64 162H44v-20"} />
    </svg>
  );
}

type Kind = "front" | "back" | "bank" | "paper";

function kindOf(slot: string, side: string): Kind {
  if (/bank/.test(slot)) return "bank";
  if (/id_?card|identity/.test(slot)) return side === "back" ? "back" : "front";
  return "paper";
}

const Front = () => (
  <g>
    <path class="print" d="M64 58h58M64 80h84M64 102h70M64 138h128" />
    <rect class="shade" x="200" y="46" width="58" height="72" rx="6" />
    <circle class="person" cx="229" cy="74" r="13" />
    <path class="person" d="M207 116c2-17 11-24 22-24s20 7 22 24z" />
  </g>
);

const Back = () => (
  <g>
    <circle class="shade" cx="86" cy="68" r="24" />
    <path class="person" d="M86 52l4.7 10.2 11.1 1.2-8.3 7.5 2.3 11L86 76.3l-9.8 5.6 2.3-11-8.3-7.5 11.1-1.2z" />
    <path class="print" d="M128 58h122M144 82h90M104 122h140M104 142h110" />
  </g>
);

const Bank = () => (
  <g>
    <rect class="shade" x="64" y="60" width="40" height="30" rx="5" />
    <path class="print" d="M64 116h40M118 116h40M172 116h40M226 116h28M64 142h70" />
  </g>
);

const Paper = () => (
  <g>
    <path class="paper" d="M104 20h112v150H104z" />
    <path class="print" d="M136 42h48M120 66h80M120 84h80M120 102h80M120 120h52" />
    <circle class="shade" cx="190" cy="144" r="14" />
  </g>
);
