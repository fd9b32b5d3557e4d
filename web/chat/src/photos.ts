/** Photos on their way: kept in IndexedDB until the service has them, made smaller only when they must be. */

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
