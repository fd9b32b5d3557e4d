/** Makes a photo smaller, only when it must be. */

const maxBytes = 10 * 1000 * 1000; // the service takes no more
const maxSide = 4000; // enough to read the smallest print on an identity card

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
