// Saves a chart as PNG: its SVG file, drawn on a canvas. Without this script the button is not shown.
"use strict";
(() => {
  async function save(button) {
    const image = new Image();
    image.src = button.dataset.image;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d").drawImage(image, 0, 0);
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = button.dataset.name;
    link.click();
  }

  document.querySelectorAll("button.png").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => save(button).catch(() => location.assign(button.dataset.image)));
  });
})();
