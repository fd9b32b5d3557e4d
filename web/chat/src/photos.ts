/** Photos on their way: kept in IndexedDB until the service has them, made smaller only when they must be. */

const maxBytes = 10 * 1024 * 1024; // the service takes no more
const maxSide = 4000; // enough to read the smallest print on an identity card
const store = "photos";

const memory: Record<string, Blob> = {};

export async function keepPhoto(id: string, photo: Blob): Promise<void> {
  memory[id] = photo;
  // Bytes, not the File: a File is only a pointer, and the gallery may delete what it points at.
  const bytes = await bytesOf(photo).catch(() => null);
  if (bytes) await inStore("readwrite", (photos) => photos.put({ bytes, type: photo.type }, id)).catch(() => undefined);
}

export async function keptPhoto(id: string): Promise<Blob | null> {
  const held = memory[id];
  if (held) return held;
  const row = (await inStore("readonly", (photos) => photos.get(id)).catch(() => null)) as { bytes: ArrayBuffer; type: string } | null;
  return row ? new Blob([row.bytes], { type: row.type }) : null;
}

export async function dropPhoto(id: string): Promise<void> {
  delete memory[id];
  await inStore("readwrite", (photos) => photos.delete(id)).catch(() => undefined);
}

/** The same picture in at most 10 MB, or null when that cannot be done (a video, a drawing program's file). */
export async function fit(photo: Blob): Promise<Blob | null> {
  if (photo.size <= maxBytes) return photo;
  const smaller = await redraw(photo).catch(() => null);
  return smaller && smaller.size <= maxBytes ? smaller : null;
}

async function redraw(photo: Blob): Promise<Blob | null> {
  const image = await decode(photo);
  const scale = Math.min(1, maxSide / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

function decode(photo: Blob): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const address = URL.createObjectURL(photo);
    image.onload = () => (URL.revokeObjectURL(address), resolve(image));
    image.onerror = () => (URL.revokeObjectURL(address), reject(new Error("not a picture")));
    image.src = address;
  });
}

function bytesOf(photo: Blob): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader(); // Blob.arrayBuffer is too young
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(photo);
  });
}

function inStore(mode: IDBTransactionMode, act: (photos: IDBObjectStore) => IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("zerotrip-chat", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(store);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const base = opening.result;
      const unit = base.transaction(store, mode);
      const request = act(unit.objectStore(store));
      unit.oncomplete = () => (base.close(), resolve(request.result));
      unit.onabort = unit.onerror = () => (base.close(), reject(unit.error));
    };
  });
}
