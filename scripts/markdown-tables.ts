/** @file Fill the marked tables of a Markdown page. */

export interface TableRow {
  /** Page that the row stands for, without `.md`: tables say by it which rows they hold. */
  readonly page: string;
  readonly cells: readonly string[];
}

export interface TableContents {
  /** NAME of the markers. */
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * The page with the rows between its markers, in the order in which the markers name their pages.
 *
 * @returns also what cannot be filled: a page named by a marker that has no row, rows that no marker or several ask for
 */
export function fillTables(page: string, { name, header, rows }: TableContents): { readonly text: string; readonly problems: readonly string[] } {
  const asked: string[] = [];
  const text = page.replaceAll(new RegExp(`(<!-- table: ${name}([^>]*) -->\n)[^]*?(<!-- end -->)`, "g"), (_, start: string, words: string, end: string) => {
    const pages = words.split(" ").filter(Boolean);
    asked.push(...pages);
    const cells = pages.flatMap((word) => rows.filter((row) => row.page === word).map((row) => row.cells));
    return `${start}${markdownTable(header, cells)}${end}`;
  });
  const known = [...new Set(rows.map((row) => row.page))];
  const problems = [
    ...asked.filter((word) => !known.includes(word)).map((word) => `a marker names "${word}", of which there is nothing to list; pages are ${known.join(", ")}`),
    ...known.filter((word) => !asked.includes(word)).map((word) => `no marker names "${word}"; add it to <!-- table: ${name} … -->`),
    ...asked.filter((word, i) => asked.indexOf(word) !== i).map((word) => `"${word}" stands in two markers; leave it in one`),
  ];
  return { text, problems };
}

/** Without columns that are empty in every row. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.flatMap((_, i) => (rows.some((row) => row[i] !== "") ? [i] : []));
  const line = (cells: readonly string[]): string => `| ${columns.map((i) => cells[i] ?? "").join(" | ")} |\n`;
  return `${line(header)}|${columns.map(() => "---").join("|")}|\n${rows.map(line).join("")}`;
}
