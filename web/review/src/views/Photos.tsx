import { useEffect, useState } from "preact/hooks";
import { photo, Refused, type Application, type Page } from "../api";
import { flagWords } from "../words";
import { Dialog } from "./Dialog";

const zooms = [1, 1.5, 2, 3, 4];

interface Shown {
  title: string;
  address: string;
}

/** The photos of an application, and each of them as large as it takes to read the small print. */
export function Photos({ application }: { application: Application }) {
  const [shown, setShown] = useState<Shown | null>(null);
  if (!application.materials.length) return null;
  return (
    <section>
      <h3>材料</h3>
      <ul class="photos">
        {application.materials.map((material) =>
          material.pages.map((page) => (
            <li key={`${material.id}/${page.page}`}>
              <Photo page={page} title={`${material.title} ${page.label}`} open={setShown} />
            </li>
          )),
        )}
      </ul>
      {shown && <Large shown={shown} close={() => setShown(null)} />}
    </section>
  );
}

function Photo({ page, title, open }: { page: Page; title: string; open: (shown: Shown) => void }) {
  const [address, setAddress] = useState("");
  const [fault, setFault] = useState("");
  useEffect(() => {
    let made = "";
    let gone = false;
    photo(page.url).then(
      (found) => (gone ? URL.revokeObjectURL(found) : setAddress((made = found))),
      (error) => setFault(error instanceof Refused ? error.plain : "照片没取到。"),
    );
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [page.url]);
  return (
    <figure>
      <button type="button" class="photo" disabled={!address} aria-haspopup="dialog" onClick={() => open({ title, address })}>
        {address ? <img src={address} alt={`放大看：${title}`} /> : <span>{fault || "正在取照片…"}</span>}
      </button>
      <figcaption>
        {title}
        {page.flags.map((flag) => (
          <b key={flag} class="flag">
            {flagWords(flag)}
          </b>
        ))}
      </figcaption>
    </figure>
  );
}

function Large({ shown, close }: { shown: Shown; close: () => void }) {
  const [zoom, setZoom] = useState(0);
  const [turns, setTurns] = useState(0);
  return (
    <Dialog title={shown.title} close={close} wide>
      <div class="tools" role="group" aria-label="看照片">
        <button type="button" class="small-button" disabled={zoom === 0} onClick={() => setZoom(zoom - 1)}>
          缩小
        </button>
        <output>{zooms[zoom]! * 100}%</output>
        <button type="button" class="small-button" disabled={zoom === zooms.length - 1} onClick={() => setZoom(zoom + 1)}>
          放大
        </button>
        <button type="button" class="small-button" onClick={() => setTurns((turns + 1) % 4)}>
          转一下
        </button>
      </div>
      <div class="stage" tabIndex={0} role="region" aria-label={shown.title}>
        <img src={shown.address} alt={shown.title} style={{ width: `${zooms[zoom]! * 100}%`, transform: `rotate(${turns * 90}deg)` }} />
      </div>
    </Dialog>
  );
}
