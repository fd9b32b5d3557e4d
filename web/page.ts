import { fileURLToPath } from "node:url";
import type { Plugin, UserConfig } from "vite";

/**
 * How one small page is built: a single classic script and a single stylesheet, named by their content.
 *
 * A classic `defer` script runs on phones that know nothing of modules, and one file is one trip over a
 * weak network.
 */
export function page(name: string, out: string, target: string): UserConfig {
  return {
    root: fileURLToPath(new URL(name, import.meta.url)),
    base: "./",
    publicDir: "public",
    plugins: [classicScript()],
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: fileURLToPath(new URL(`../${out}`, import.meta.url)),
      emptyOutDir: true,
      target,
      // Drawn pictures stay files or inline SVG: the content policy of the pages allows no data: addresses.
      assetsInlineLimit: 0,
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: {
        output: {
          format: "iife",
          entryFileNames: "assets/[name]-[hash].js",
          assetFileNames: "assets/[name]-[hash][extname]",
        },
      },
    },
  };
}

/** Vite always writes `type="module"`; our bundle is a classic script, so say so. */
function classicScript(): Plugin {
  return {
    name: "classic-script",
    enforce: "post",
    transformIndexHtml: (html) =>
      html.replace(/<script type="module" crossorigin/g, "<script defer").replace(/<link rel="stylesheet" crossorigin/g, '<link rel="stylesheet"'),
  };
}
