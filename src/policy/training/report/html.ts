/** @file What HTML pages are made of: the page around its content, and text that is safe inside. */

/** For text between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** JSON for a `<script type="application/json">`: no `<`, so no string in it can close the script. */
export function embedJson(id: string, value: unknown): string {
  const json = JSON.stringify(value).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="${id}">${json}</script>`;
}

/** A page that needs no other file. `title` is escaped already; `behind` follows what is seen, with its line breaks. */
export function htmlPage(page: { readonly title: string; readonly style: string; readonly main: string; readonly behind?: string }): string {
  const { title, style, main, behind = "" } = page;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${main}
</main>
${behind}</body>
</html>
`;
}
